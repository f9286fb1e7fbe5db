package steps

import (
	"strings"

	"github.com/keyceremony/ceremony/digest"
)

// veil hides, in a statement that is shown, the codes that were typed blind:
// whoever types one after this, because the step is tried again, must not read
// it there.
func veil(fields []Field, answers map[string]string, statement string) string {
	for _, f := range fields {
		if f.Kind != Code || !f.Blind {
			continue
		}
		if code, err := digest.ParseCode(answers[f.Name]); err == nil {
			statement = strings.ReplaceAll(statement, code, strings.Repeat("***** ", 6)+"*****")
		}
	}
	return statement
}
