package ui

// Close closes the window as its user would: not while something is under way.
func (w *Window) Close() { w.close() }
