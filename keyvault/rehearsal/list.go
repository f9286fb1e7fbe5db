package rehearsal

import (
	"errors"
	"net/url"
	"strconv"
)

// pageSize is the largest page that the service gives.
const pageSize = 25

// page cuts one page out of all lines; the skip token is an offset.
func (s *Server) page(c *call, all []*bundle) (any, error) {
	q := c.URL.Query()
	size := pageSize
	if v := q.Get("maxresults"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 || n > pageSize {
			return nil, badParameter("maxresults must be between 1 and %d.", pageSize)
		}
		size = n
	}
	from, _ := strconv.Atoi(q.Get("$skiptoken"))
	from = min(max(from, 0), len(all))
	to := min(from+size, len(all))
	var next *string
	if to < len(all) {
		link := s.URL() + c.URL.Path + "?" + url.Values{
			"api-version": {q.Get("api-version")},
			"$skiptoken":  {strconv.Itoa(to)},
			"maxresults":  {strconv.Itoa(size)},
		}.Encode()
		next = &link
	}
	if all == nil {
		all = []*bundle{}
	}
	return map[string]any{"value": all[from:to], "nextLink": next}, nil
}

// listVersions lists the versions of a live key, in no promised order. Of a
// name without versions Key Vault shows an empty list; our Managed HSM says
// not found, so that clients learn to bear both.
func (s *Server) listVersions(c *call) (any, error) {
	keys, err := s.Versions(c.name)
	if err != nil && (s.id.ManagedHSM || !errors.Is(err, ErrNoKey)) {
		return nil, err
	}
	var lines []*bundle
	for _, k := range keys {
		lines = append(lines, &bundle{KID: s.kid(k), Attributes: s.attributes(k), Tags: k.Tags})
	}
	return s.page(c, lines)
}

// listNames lists the live or the deleted keys, each by its latest version.
func (s *Server) listNames(c *call, deleted bool) (any, error) {
	names, err := s.Names(deleted)
	if err != nil {
		return nil, err
	}
	var lines []*bundle
	for _, name := range names {
		k, d, err := s.latest(name, deleted)
		if errors.Is(err, ErrNoKey) {
			continue // deleted or purged by another request meanwhile
		}
		if err != nil {
			return nil, err
		}
		b := &bundle{KID: s.URL() + "/keys/" + k.Name, Attributes: s.attributes(k), Tags: k.Tags}
		if deleted {
			s.markDeleted(b, k, d)
		}
		lines = append(lines, b)
	}
	return s.page(c, lines)
}

func (s *Server) latest(name string, deleted bool) (Key, Deletion, error) {
	if deleted {
		return s.Deleted(name)
	}
	k, err := s.Get(name, "")
	return k, Deletion{}, err
}
