package steps

// Faults that are known and not mended yet. Each switch turns off the part of
// a test that shows the fault; whoever mends it removes the switch.
const (
	// After a stop the seal is asked for again and again, because a seal's
	// step never counts as over unless it ended (TestStops).
	knownStopFault = true
	// A disk that is full when a statement is kept gives an error without
	// words: accept returns the bare error, not ErrNotRecorded (TestFullDisk).
	knownWordsFault = true
)
