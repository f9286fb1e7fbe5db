package audit

import (
	"errors"
	"io"

	"golang.org/x/crypto/ssh"
)

// Errors of keys and signatures that callers tell apart.
var (
	ErrNoPassphrase = errors.New("the key file has no passphrase")
	ErrPassphrase   = errors.New("the passphrase does not open the key file")
)

// RehearsalComment is the comment of every key made for rehearsals.
const RehearsalComment = "REHEARSAL"

// Sign signs msg and returns an armored SSHSIG.
func Sign(s ssh.Signer, rand io.Reader, namespace string, msg []byte) ([]byte, error) {
	return nil, errors.ErrUnsupported
}

// VerifySig says whether one of keys signed msg.
func VerifySig(armored []byte, keys []ssh.PublicKey, namespace string, msg []byte) error {
	return errors.ErrUnsupported
}

// LoadSigner opens a passphrase-protected OpenSSH key file.
func LoadSigner(keyfile, passphrase []byte) (signer ssh.Signer, comment string, err error) {
	return nil, "", errors.ErrUnsupported
}

// AgentSigner signs through ssh-agent.
func AgentSigner(sock string, pub ssh.PublicKey) (ssh.Signer, io.Closer, error) {
	return nil, nil, errors.ErrUnsupported
}

// NewKey makes an Ed25519 key.
func NewKey(passphrase []byte, comment string) (private, public []byte, err error) {
	return nil, nil, errors.ErrUnsupported
}
