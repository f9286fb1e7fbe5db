package main

import (
	"errors"
	"net"
)

// dialAgent is not offered on Windows, whose agent speaks over a named pipe:
// there people sign with a card, a key file or elsewhere.
func dialAgent(string) (net.Conn, error) {
	return nil, errors.New("ssh-agent cannot be used on Windows: sign with a card, a key file, or elsewhere")
}
