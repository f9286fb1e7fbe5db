// Package pkcs11 is the driver for every HSM and card with a PKCS#11 module.
//
// Open starts the program again as a worker process that loads the vendor's
// module, and returns an hsm.Token that speaks to it over two pipes. A module
// that crashes, hangs, calls exit or writes to the standard output becomes an
// error of this process and nothing worse: the ceremony goes on, or the step
// is done again. A main program and a TestMain therefore begin with
//
//	if pkcs11.IsWorker(os.Args) {
//		pkcs11.WorkerMain()
//	}
//
// before anything else. List shows all tokens of a module, and Signer opens a
// card or a seal key as a crypto.Signer.
//
// The worker needs cgo; without it everything compiles and Open returns
// ErrNoCgo.
package pkcs11
