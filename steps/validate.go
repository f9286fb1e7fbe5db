package steps

import "fmt"

// Validate checks the lists of steps themselves: ids unique within a stage,
// the steps of an act together, every need given earlier, nothing given twice
// within a stage, a mark wherever a step can look for one. It runs at every
// start and in the tests.
func Validate() error {
	given := map[Key]bool{}
	for _, stage := range []Stage{Prepare, Wrap, Import} {
		if err := validateActs(stage, Steps(stage)); err != nil {
			return err
		}
		if err := validateStage(stage, given); err != nil {
			return err
		}
	}
	return nil
}

func validateStage(stage Stage, given map[Key]bool) error {
	ids, here := map[string]bool{}, map[Key]string{}
	for k := range given {
		if isSession(k) {
			delete(given, k)
		}
	}
	checks := map[string]bool{}
	for _, s := range Steps(stage) {
		if ids[s.ID] || s.ID == "" || s.Title == "" || s.Say == "" || len(s.Acts) == 0 {
			return fmt.Errorf("stage %s: step %q: id used twice, or words missing", stage, s.ID)
		}
		ids[s.ID] = true
		if (s.Look == nil) != (s.Mark == nil) {
			return fmt.Errorf("step %s: a mark without a look, or a look without a mark", s.ID)
		}
		if err := validateFacts(s, given, here); err != nil {
			return err
		}
		if err := validateChecks(s, checks); err != nil {
			return err
		}
	}
	return nil
}

// validateActs wants the steps of an act to follow each other.
func validateActs(stage Stage, list []*Step) error {
	seen, last := map[string]bool{}, ""
	for _, s := range list {
		if s.Act == "" || s.Act != last && seen[s.Act] {
			return fmt.Errorf("stage %s: step %s: act %q is missing, or has steps elsewhere", stage, s.ID, s.Act)
		}
		seen[s.Act], last = true, s.Act
	}
	return nil
}

func validateFacts(s *Step, given map[Key]bool, here map[Key]string) error {
	for _, k := range s.Needs {
		if !given[k] {
			return fmt.Errorf("step %s needs %s, which no earlier step gives", s.ID, k)
		}
	}
	for _, k := range s.Gives {
		// Two steps may give the same where the plan chooses between them.
		if other, twice := here[k]; twice && !alternatives[s.ID+" "+other] {
			return fmt.Errorf("steps %s and %s both give %s", other, s.ID, k)
		}
		here[k], given[k] = s.ID, true
	}
	return nil
}

// alternatives are pairs of steps of which a plan, or a key, has one.
var alternatives = map[string]bool{"kek.use kek.create": true, "target.select target.generate": true}

func validateChecks(s *Step, seen map[string]bool) error {
	for _, c := range s.Checks {
		if seen[s.ID+" "+c.ID] || c.ID == "" || c.See == nil || (c.Class != Stop && c.Class != Exception && c.Class != Note) {
			return fmt.Errorf("step %s: check %q is named twice or not whole", s.ID, c.ID)
		}
		seen[s.ID+" "+c.ID] = true
	}
	return nil
}
