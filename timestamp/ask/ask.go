// Package ask sends questions to a time-stamp authority, over HTTP. What comes
// back is believed by nobody before package timestamp has verified it: that the
// way to the authority is not encrypted takes nothing away.
package ask

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/keyceremony/ceremony/timestamp"
)

// patience is how long people in a room wait for what they can do without.
const patience = 20 * time.Second

// Ask sends a TimeStampReq to the authority's address and returns its answer
// (RFC 3161, 3.4). It follows no redirection and asks once.
func Ask(ctx context.Context, address string, request []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(request))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/timestamp-query")
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the authority answers %s", resp.Status)
	}
	b, err := io.ReadAll(io.LimitReader(resp.Body, timestamp.MaxSize+1))
	if err == nil && len(b) > timestamp.MaxSize {
		err = errors.New("the authority's answer is too long")
	}
	return b, err
}
