package machine

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"strconv"
	"strings"
)

// Flags of a route, as in linux/route.h and linux/ipv6_route.h.
const (
	routeUp     = 0x1
	routeReject = 0x200
)

var errRoute = errors.New("a line that cannot be read")

// routes4 reads /proc/net/route: a heading, then interface, destination,
// gateway, flags, …, mask at 7; numbers in hex, in the machine's byte order.
func (t tree) routes4(r *Report) error {
	l, err := t.lines("proc/net/route")
	if err != nil {
		return err
	}
	for _, line := range l[min(1, len(l)):] {
		f := strings.Fields(line)
		if len(f) < 8 {
			return errRoute
		}
		to, err1 := address4(f[1])
		via, err2 := address4(f[2])
		flags, err3 := strconv.ParseUint(f[3], 16, 32)
		mask, err4 := strconv.ParseUint(f[7], 16, 32)
		if err := errors.Join(err1, err2, err3, err4); err != nil {
			return errRoute
		}
		r.route(f[0], to, ones(uint32(mask)), via, flags)
	}
	return nil
}

func address4(s string) (netip.Addr, error) {
	n, err := strconv.ParseUint(s, 16, 32)
	if err != nil {
		return netip.Addr{}, err
	}
	var b [4]byte
	binary.NativeEndian.PutUint32(b[:], uint32(n))
	return netip.AddrFrom4(b), nil
}

func ones(mask uint32) (n int) {
	for ; mask != 0; mask &= mask - 1 {
		n++
	}
	return n
}

// routes6 reads /proc/net/ipv6_route: destination, prefix length, source, its
// length, next hop, metric, two counters, flags, interface; all in hex. A
// kernel without IPv6 has no such file.
func (t tree) routes6(r *Report) error {
	l, err := t.lines("proc/net/ipv6_route")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, line := range l {
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		if len(f) < 10 {
			return errRoute
		}
		to, err1 := address6(f[0])
		bits, err2 := strconv.ParseUint(f[1], 16, 8)
		via, err3 := address6(f[4])
		flags, err4 := strconv.ParseUint(f[8], 16, 32)
		if err := errors.Join(err1, err2, err3, err4); err != nil {
			return errRoute
		}
		r.route(f[9], to, int(bits), via, flags)
	}
	return nil
}

func address6(s string) (netip.Addr, error) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != 16 {
		return netip.Addr{}, errRoute
	}
	return netip.AddrFrom16([16]byte(b)), nil
}

// route notes a route that leads off this machine. The kernel's own for
// multicast and for addresses of one link come with every interface that is
// switched on and lead nowhere by themselves.
func (r *Report) route(device string, to netip.Addr, bits int, via netip.Addr, flags uint64) {
	if device == "lo" || flags&routeUp == 0 || flags&routeReject != 0 {
		return
	}
	if via.IsUnspecified() && (to.IsMulticast() || to.IsLinkLocalUnicast()) {
		return
	}
	where := "default"
	if bits > 0 {
		where = netip.PrefixFrom(to, bits).String()
	}
	if !via.IsUnspecified() {
		where += " via " + via.String()
	}
	r.Routes = append(r.Routes, fmt.Sprintf("%s dev %s", where, device))
}
