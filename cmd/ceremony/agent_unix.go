//go:build !windows

package main

import "net"

func dialAgent(sock string) (net.Conn, error) { return net.Dial("unix", sock) }
