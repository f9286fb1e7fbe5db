package steps

// Title is the title of a step by its id, as records have it; "" for a step
// that this version does not know.
func Title(id string) string {
	if id == attemptID {
		return "Carry over the attempt before"
	}
	if s := stepOf(id); s != nil {
		return s.Title
	}
	return ""
}

// Question is what a step asks with a field, by their names in the records; ""
// for what this version does not ask.
func Question(step, field string) string {
	if s := stepOf(step); s != nil {
		for _, f := range s.Ask {
			if f.Name == field {
				return f.Label
			}
		}
	}
	return ""
}

// stepOf finds a step by its id.
func stepOf(id string) *Step {
	if s := anytime[id]; s != nil {
		return s
	}
	for _, stage := range []Stage{Prepare, Wrap, Import} {
		for _, s := range Steps(stage) {
			if s.ID == id {
				return s
			}
		}
	}
	return nil
}
