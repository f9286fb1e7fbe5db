package report

// Meaning says in a few words what a rule of the verdict wants.
func Meaning(rule string) string { return meanings[rule] }

var meanings = map[string]string{
	"folder.names":         "plain files alone, with names of a ceremony",
	"folder.sizes":         "no file is larger than those of a ceremony",
	"folder.files":         "plan, roster, three logs, KEK and a target key are there",
	"plan.digest":          "every log was begun under this plan",
	"plan.signatures":      "everybody in the plan signed it",
	"roster.generated":     "the roster, allowed_signers, is what the plan gives",
	"log.form":             "every line is in its one form and has the digest of all before it",
	"log.closed":           "every log has its last line",
	"log.links":            "each head that a log names is one that the other log had",
	"files.recorded":       "every file is as the records have it",
	"manifest.form":        "the three manifests list what they must",
	"manifest.files":       "every file is as it was sealed",
	"seal.prepare":         "the quorum signed the preparation",
	"seal.offline":         "the quorum signed the record of the HSM room",
	"seal.final":           "the quorum signed the whole",
	"statement.form":       "every statement is in its one form",
	"statement.signatures": "every statement is signed, fits its place, and is used once",
	"signin.quorum":        "the quorum signed in at every stage",
	"checks.stop":          "no step went on over a check that allows no exception",
	"exceptions.approved":  "an operator and the internal witness signed each exception",
	"signoff":              "each sign-off says one thing, and those who do not agree are named",
	"outcome":              "the last log says what the rules give",
	"steps.done":           "every step that the plan makes necessary was done and approved",
	"plan.read":            "the plan can be read",
	"folder.read":          "the folder can be read",
	"anchor.plan":          "the plan has the code of your own copy",
	"anchor.head.online":   "the log of the preparation has the code of its sheet",
	"anchor.head.offline":  "the log of the HSM room has the code of its sheet",
	"anchor.head.online.2": "the last log has the code of its sheet",
	"report.rendered":      "the page and the card in the folder are what the record gives",
}
