//go:build !linux

package durable

import "os"

func dropCache(*os.File) {}

func (d *Dir) renameNew(part, name string) error { return d.renameByLink(part, name) }
