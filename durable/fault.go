package durable

// Fault is the one place where tests make file operations fail. It is nil in
// the program. Every operation asks it first, with the operation and the name
// of the file (or the path of the folder), and an error that it returns is
// returned as that operation's:
//
//	open mkdir list read read back create write sync sync folder
//	rename remove truncate lock
//
// Each write asks three times: "write" fails with nothing written, "short
// write" fails with half of the bytes written, and "lying write" writes half
// of the bytes and reports success, as broken media do.
var Fault func(op, name string) error

func fault(op, name string) error {
	if Fault == nil {
		return nil
	}
	return Fault(op, name)
}
