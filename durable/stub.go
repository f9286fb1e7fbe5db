package durable

import "errors"

type Kind int
type Entry struct {
	Name string
	Kind Kind
	Size int64
}
type Appender struct{}

var Fault func(op, name string) error

func Open(path string) (*Dir, error)                       { return nil, errors.ErrUnsupported }
func Create(path string) (*Dir, error)                     { return nil, errors.ErrUnsupported }
func (d *Dir) Path() string                                { return d.path }
func (d *Dir) Close() error                                { return nil }
func (d *Dir) Lock() (func(), error)                       { return nil, errors.ErrUnsupported }
func (d *Dir) WriteNew(name string, b []byte) error        { return errors.ErrUnsupported }
func (d *Dir) Read(name string, max int64) ([]byte, error) { return nil, errors.ErrUnsupported }
func (d *Dir) Names() ([]Entry, error)                     { return nil, errors.ErrUnsupported }
func (d *Dir) Append(name string) (*Appender, error)       { return nil, errors.ErrUnsupported }
func (a *Appender) Append(line []byte) error               { return errors.ErrUnsupported }
func (a *Appender) Size() int64                            { return 0 }
func (a *Appender) Close() error                           { return nil }
func (d *Dir) Truncate(name string, size int64) error      { return errors.ErrUnsupported }
func (d *Dir) Sweep() error                                { return nil }

const (
	Regular Kind = iota
	Folder
	Symlink
	Other
)
