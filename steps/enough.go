package steps

// Enough reports whether the signatures of these people, besides those that
// the folder has, are as many as what Now asks wants.
func (c *Ceremony) Enough(text map[string]string, who []string) bool {
	now := c.Now()
	if now.Phase != Sealing {
		return c.quorum(now, text, who) == nil
	}
	e := entry{now.Stage, now.Step}
	for _, id := range c.sealers(e, c.have(now.Step.Seal.Manifest)) {
		if !in(id, who) {
			who = append(who, id)
		}
	}
	return c.enoughRoles(now.Step.ID, c.sealQuorum(), who) == nil
}
