package byok

import (
	"strconv"
	"strings"
)

const (
	whatKID    = "kid"
	wantKID    = "https://HOST/keys/NAME/VERSION"
	maxKeyName = 127
	versionLen = 32
)

// KID is a key identifier of Key Vault or Managed HSM, with its version.
type KID struct {
	Host    string // lower case, with :PORT where the URL has one
	Name    string // 1 to 127 of 0-9 A-Z a-z -
	Version string // 32 lower-case hex digits
}

// String returns https://HOST/keys/NAME/VERSION.
func (k KID) String() string { return "https://" + k.Host + "/keys/" + k.Name + "/" + k.Version }

// ParseKID reads a key identifier in exactly the form of String: https, no
// user, no query, no trailing slash, and with a version, because a KEK without
// version is another key after the next rotation. What it reads, String
// writes.
func ParseKID(s string) (KID, error) {
	rest, ok := strings.CutPrefix(s, "https://")
	if !ok {
		return KID{}, malformed(whatKID, "scheme", wantKID, "%s", shown(s))
	}
	parts := strings.Split(rest, "/")
	if len(parts) == 3 && parts[1] == "keys" || len(parts) == 4 && parts[3] == "" {
		return KID{}, malformed(whatKID, "version", wantKID, "%s without version", shown(s))
	}
	if len(parts) != 4 || parts[1] != "keys" {
		return KID{}, malformed(whatKID, "path", wantKID, "%s", shown(s))
	}
	k := KID{Host: parts[0], Name: parts[2], Version: parts[3]}
	switch {
	case !validHost(k.Host):
		return KID{}, malformed(whatKID, "host", "a host name in lower case", "host %s", shown(k.Host))
	case !validKeyName(k.Name):
		return KID{}, malformed(whatKID, "name", "a key name of 1 to 127 letters, digits and hyphens", "name %s", shown(k.Name))
	case !validVersion(k.Version):
		return KID{}, malformed(whatKID, "version", "a version of 32 lower-case hex digits", "version %s", shown(k.Version))
	}
	return k, nil
}

const (
	digits     = "0123456789"
	lowerAlnum = "abcdefghijklmnopqrstuvwxyz" + digits
	upper      = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

// validHost accepts labels of lower-case letters, digits and inner hyphens
// (RFC 1123, 2.1), and a port. A trailing dot is refused.
func validHost(host string) bool {
	name, port, hasPort := strings.Cut(host, ":")
	if hasPort {
		n, err := strconv.Atoi(port)
		if err != nil || n < 1 || n > 65535 || strconv.Itoa(n) != port {
			return false
		}
	}
	if len(name) > 253 {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' || !only(label, lowerAlnum+"-") {
			return false
		}
	}
	return true
}

// only reports whether every byte of s is in set.
func only(s, set string) bool {
	for i := range len(s) {
		if strings.IndexByte(set, s[i]) < 0 {
			return false
		}
	}
	return true
}

func validKeyName(name string) bool {
	return 1 <= len(name) && len(name) <= maxKeyName && only(name, lowerAlnum+upper+"-")
}

func validVersion(v string) bool { return len(v) == versionLen && only(v, "0123456789abcdef") }
