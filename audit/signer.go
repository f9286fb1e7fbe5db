package audit

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// Errors of key files that callers tell apart.
var (
	// ErrNoPassphrase says that a key file is not protected, and so is not a person's.
	ErrNoPassphrase = errors.New("the key file has no passphrase")
	// ErrPassphrase says that the passphrase does not open the key file.
	ErrPassphrase = errors.New("the passphrase does not open the key file")
)

// RehearsalComment is the comment of every key made for rehearsals. Callers
// refuse such keys in production.
const RehearsalComment = "REHEARSAL"

const (
	keyFileType  = "OPENSSH PRIVATE KEY"
	keyFileMagic = "openssh-key-v1\x00"
	// maxRounds bounds the time that a hostile key file can take (the default is 16).
	maxRounds = 1 << 11
)

// keyFile is the OpenSSH container (openssh PROTOCOL.key).
type keyFile struct {
	Cipher, KDF, Options string
	Keys                 uint32
	Public, Private      []byte
	Rest                 []byte `ssh:"rest"` // the tag of ciphers that have one
}

// LoadSigner opens a passphrase-protected OpenSSH key file and returns its
// comment too, which lies inside the protected part. A file without passphrase
// gives [ErrNoPassphrase], a wrong one [ErrPassphrase]. The caller wipes both
// arguments.
func LoadSigner(keyfile, passphrase []byte) (signer ssh.Signer, comment string, err error) {
	block, rest := pem.Decode(keyfile)
	if block == nil || block.Type != keyFileType || len(bytes.TrimSpace(rest)) > 0 {
		return nil, "", errors.New("not an OpenSSH private key file")
	}
	defer clear(block.Bytes)
	body, ok := bytes.CutPrefix(block.Bytes, []byte(keyFileMagic))
	var f keyFile
	if !ok || ssh.Unmarshal(body, &f) != nil || f.Keys != 1 {
		return nil, "", errors.New("not an OpenSSH private key file with one key")
	}
	if f.KDF == "none" || f.Cipher == "none" {
		return nil, "", ErrNoPassphrase
	}
	plain, err := f.decrypt(passphrase)
	if err != nil {
		return nil, "", err
	}
	defer clear(plain)
	return f.open(plain)
}

// decrypt returns the private part. Whether the passphrase is right shows in
// its two equal check words.
func (f keyFile) decrypt(passphrase []byte) ([]byte, error) {
	var options struct {
		Salt   []byte
		Rounds uint32
	}
	if f.KDF != "bcrypt" || f.Cipher != "aes256-ctr" || len(f.Rest) > 0 || ssh.Unmarshal([]byte(f.Options), &options) != nil {
		return nil, fmt.Errorf("the key file is protected with %s and %s, not bcrypt and aes256-ctr: "+
			"ssh-keygen -p -Z aes256-ctr writes it anew", Visible(f.KDF), Visible(f.Cipher))
	}
	if options.Rounds < 1 || options.Rounds > maxRounds {
		return nil, fmt.Errorf("the key file wants %d rounds of bcrypt, not 1 to %d", options.Rounds, maxRounds)
	}
	key := bcryptPBKDF(passphrase, options.Salt, int(options.Rounds), 32+aes.BlockSize)
	defer clear(key)
	c, err := aes.NewCipher(key[:32])
	if err != nil {
		return nil, err
	}
	plain := make([]byte, len(f.Private))
	cipher.NewCTR(c, key[32:]).XORKeyStream(plain, f.Private)
	if len(plain) < 8 || !bytes.Equal(plain[:4], plain[4:8]) {
		clear(plain)
		return nil, ErrPassphrase
	}
	return plain, nil
}

// open reads the private part by handing it, in memory, to the library as a
// key file without protection.
func (f keyFile) open(plain []byte) (ssh.Signer, string, error) {
	bare := append([]byte(keyFileMagic), ssh.Marshal(keyFile{
		Cipher: "none", KDF: "none", Keys: 1, Public: f.Public, Private: plain,
	})...)
	defer clear(bare)
	text := pem.EncodeToMemory(&pem.Block{Type: keyFileType, Bytes: bare})
	defer clear(text)
	signer, err := ssh.ParsePrivateKey(text)
	if err != nil {
		// The library's words could hold parts of the key.
		return nil, "", errors.New("the key file opens and holds no key that can be used")
	}
	if !bytes.Equal(signer.PublicKey().Marshal(), f.Public) {
		return nil, "", errors.New("the key file's public key is not that of its private key")
	}
	if err := checkKey(signer.PublicKey()); err != nil {
		return nil, "", err
	}
	comment, err := commentOf(signer.PublicKey().Type(), plain)
	return signer, comment, err
}

// commentOf finds the comment behind the key's fields (openssh PROTOCOL.key,
// section 3, and the key types of sshkey.c).
func commentOf(kind string, plain []byte) (string, error) {
	fields := map[string]int{ // strings between the type and the comment
		ssh.KeyAlgoED25519: 2, ssh.KeyAlgoRSA: 6,
		ssh.KeyAlgoECDSA256: 3, ssh.KeyAlgoECDSA384: 3, ssh.KeyAlgoECDSA521: 3,
	}
	rest := plain[8:]
	for range fields[kind] + 1 {
		var f struct {
			Field []byte
			Rest  []byte `ssh:"rest"`
		}
		if err := ssh.Unmarshal(rest, &f); err != nil {
			return "", errors.New("the key file has no comment where it belongs")
		}
		rest = f.Rest
	}
	var last struct {
		Comment []byte
		Rest    []byte `ssh:"rest"`
	}
	if err := ssh.Unmarshal(rest, &last); err != nil {
		return "", errors.New("the key file has no comment where it belongs")
	}
	return string(last.Comment), nil
}

// NewKey makes an Ed25519 key: a protected OpenSSH key file, and the line of
// its .pub file. An empty passphrase gives [ErrNoPassphrase]. The caller wipes
// the passphrase.
func NewKey(passphrase []byte, comment string) (private, public []byte, err error) {
	if len(passphrase) == 0 {
		return nil, nil, ErrNoPassphrase
	}
	pub, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	defer clear(key)
	block, err := ssh.MarshalPrivateKeyWithPassphrase(key, comment, passphrase)
	if err != nil {
		return nil, nil, fmt.Errorf("new key: %w", err)
	}
	sshPub, err := ssh.NewPublicKey(pub)
	if err != nil {
		return nil, nil, fmt.Errorf("new key: %w", err)
	}
	line := bytes.TrimSuffix(ssh.MarshalAuthorizedKey(sshPub), []byte("\n"))
	return pem.EncodeToMemory(block), fmt.Appendf(line, " %s\n", comment), nil
}

// AgentSigner signs through the ssh-agent at a socket, with the first key of the
// agent that is one of a person's. The closer hangs up.
func AgentSigner(sock string, keys []ssh.PublicKey) (ssh.Signer, io.Closer, error) {
	conn, err := net.Dial("unix", sock)
	if err != nil {
		return nil, nil, fmt.Errorf("ssh-agent: %w", err)
	}
	signers, err := agent.NewClient(conn).Signers()
	for _, s := range signers {
		if slices.ContainsFunc(keys, func(k ssh.PublicKey) bool { return bytes.Equal(s.PublicKey().Marshal(), k.Marshal()) }) {
			return s, conn, nil
		}
	}
	conn.Close()
	if err != nil {
		return nil, nil, fmt.Errorf("ssh-agent: %w", err)
	}
	return nil, nil, fmt.Errorf("ssh-agent has %d keys, and none of them is this person's: ssh-add FILE adds it", len(signers))
}
