package inspect

// A Problem is a mistake that people are known to make with key transfers into
// Azure, as they reported it in public.
type Problem struct {
	Number int    `json:"number"`
	ID     string `json:"id"`
	Title  string `json:"title"` // what was done
	Azure  string `json:"azure"` // what Azure answers
	Why    string `json:"why"`
	Do     string `json:"do"`
	Note   bool   `json:"note"` // worth knowing, but nothing is wrong with this file

	seen func(*subject) sight
}

// sight is what a problem sees in a file.
type sight int

const (
	absent sight = iota
	worth        // worth knowing
	wrong        // this file has the problem
)

func when(bad bool) sight {
	if bad {
		return wrong
	}
	return absent
}

func whenWorth(known bool) sight {
	if known {
		return worth
	}
	return absent
}

// known adds the problems that the file shows.
func (s *subject) known() {
	for _, p := range problems {
		if at := p.seen(s); at != absent {
			p.Note = at == worth
			s.Problems = append(s.Problems, p)
		}
	}
}
