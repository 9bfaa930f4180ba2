package hub

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	maxAnswer    = 32 << 20 // bytes of JSON
	maxMessage   = 4 << 10  // bytes of an error's text
	maxAttempts  = 6        // in a row that bring nothing new
	maxRedirects = 10
	maxPause     = 60 * time.Second
	userAgent    = "graft"
)

// newClient makes the client for everything but registries. It keeps the token from hosts it was not meant for: net/http
// would send it on to subdomains.
func newClient() *http.Client {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.ResponseHeaderTimeout = 30 * time.Second
	t.MaxIdleConnsPerHost = 16
	return &http.Client{Transport: t, CheckRedirect: func(req *http.Request, via []*http.Request) error {
		if len(via) >= maxRedirects {
			return policyError(fmt.Sprintf("more than %d redirects", maxRedirects))
		}
		first := via[0].URL
		if first.Scheme == "https" && req.URL.Scheme != "https" {
			return policyError(fmt.Sprintf("%s redirects to %s, which is not encrypted", first.Host, req.URL.Host))
		}
		for _, u := range append([]*http.Request{req}, via[1:]...) {
			if u.URL.Scheme != first.Scheme || u.URL.Host != first.Host {
				req.Header.Del("Authorization")
			}
		}
		return nil
	}}
}

// policyError is a redirect that is not followed.
type policyError string

func (e policyError) Error() string { return string(e) }

// httpError is an answer that is not the wanted one.
type httpError struct {
	url     *url.URL
	status  int
	code    string // of the hub: RepoNotFound, GatedRepo, …
	message string
	after   time.Duration // that the server asks to wait
}

func (e *httpError) Error() string {
	s := fmt.Sprintf("%s%s answers %d %s", e.url.Host, e.url.Path, e.status, http.StatusText(e.status))
	if e.message != "" {
		s += ": " + e.message
	}
	return s
}

// again tells whether trying once more may help.
func again(err error) bool {
	var h *httpError
	var policy policyError
	var cert *tls.CertificateVerificationError
	switch {
	case errors.As(err, &policy), errors.As(err, &cert):
		return false
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, errStalled):
		return false
	case errors.As(err, &h):
		return h.status == http.StatusRequestTimeout || h.status == http.StatusTooManyRequests || h.status >= 500
	}
	return isNetwork(err)
}

// isNetwork tells whether the network failed, not a server or a disk.
func isNetwork(err error) bool {
	var op *net.OpError
	var dns *net.DNSError
	var u *url.Error
	return errors.As(err, &op) || errors.As(err, &dns) || errors.As(err, &u) || errors.Is(err, errStalled) ||
		errors.Is(err, io.ErrUnexpectedEOF)
}

// noServer tells whether there was nobody to answer, as without a network. To ask again at once is in vain.
func noServer(err error) bool {
	var dns *net.DNSError
	var op *net.OpError
	return errors.As(err, &dns) && !dns.IsTimeout || errors.As(err, &op) && op.Op == "dial" && !op.Timeout()
}

// request makes a request. The token goes with it only to the endpoint.
func (h *Hub) request(ctx context.Context, method, target string) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, method, target, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", userAgent)
	req.Header.Set("Accept-Encoding", "identity") // sizes and ranges are those of the file
	if e, err := url.Parse(h.Endpoint); err == nil && h.Token != "" && req.URL.Scheme == e.Scheme && req.URL.Host == e.Host {
		req.Header.Set("Authorization", "Bearer "+h.Token)
	}
	return req, nil
}

// send sends a request and gives the answer if its status is one of ok. The caller closes the body.
func (h *Hub) send(req *http.Request, ok ...int) (*http.Response, error) {
	resp, err := h.client.Do(req)
	return accept(resp, err, ok...)
}

// accept makes an error of an answer whose status is none of ok.
func accept(resp *http.Response, err error, ok ...int) (*http.Response, error) {
	if err != nil {
		return nil, withoutQuery(err)
	}
	for _, status := range ok {
		if resp.StatusCode == status {
			return resp, nil
		}
	}
	defer resp.Body.Close()
	e := &httpError{url: resp.Request.URL, status: resp.StatusCode, code: resp.Header.Get("X-Error-Code"), message: resp.Header.Get("X-Error-Message")}
	if text, err := io.ReadAll(io.LimitReader(resp.Body, maxMessage)); err == nil && e.message == "" && strings.HasPrefix(resp.Header.Get("Content-Type"), "text/plain") {
		e.message = strings.TrimSpace(string(text))
	}
	e.message = clean(e.message)
	if s, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && s > 0 {
		e.after = time.Duration(s) * time.Second
	}
	return nil, e
}

// withoutQuery leaves out the query of a URL in an error: signed ones hold secrets.
func withoutQuery(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		if i := strings.IndexByte(u.URL, '?'); i >= 0 {
			return &url.Error{Op: u.Op, URL: u.URL[:i], Err: u.Err}
		}
	}
	return err
}

// clean leaves out of a server's text what could command a terminal.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
}

// retry calls f until it succeeds, fails for good, or has failed maxAttempts times. f tells whether it has brought
// something new, which starts the count again.
func (h *Hub) retry(ctx context.Context, f func() (progress bool, err error)) error {
	for failed := 0; ; {
		progress, err := f()
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if progress {
			failed = 0
		}
		if failed++; failed >= maxAttempts || !again(err) {
			return err
		}
		pause := time.Duration(float64(h.first) * float64(int(1)<<(failed-1)) * (0.75 + rand.Float64()/2))
		var e *httpError
		if errors.As(err, &e) {
			pause = max(pause, e.after)
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(min(pause, maxPause)):
		}
	}
}

// read gets a small answer, such as JSON.
func (h *Hub) read(ctx context.Context, target string) (data []byte, err error) {
	err = h.retry(ctx, func() (bool, error) {
		ctx, cancel := context.WithTimeoutCause(ctx, time.Minute, errStalled)
		defer cancel()
		req, err := h.request(ctx, http.MethodGet, target)
		if err != nil {
			return false, err
		}
		resp, err := h.send(req, http.StatusOK)
		if err != nil {
			if noServer(err) {
				return false, &offlineError{err}
			}
			return false, err
		}
		defer resp.Body.Close()
		if data, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1)); err != nil {
			return false, withoutQuery(err)
		}
		if len(data) > maxAnswer {
			return false, fmt.Errorf("%s answers with more than %d bytes", req.URL.Host, maxAnswer)
		}
		return false, nil
	})
	return data, err
}

// offlineError is that of a server that cannot be reached at all.
type offlineError struct{ err error }

func (e *offlineError) Error() string {
	return fmt.Sprintf("no network, or no server there: %v", e.err)
}

// errStalled is the end of a transfer that brings nothing any more.
var errStalled = errors.New("the server has sent nothing for too long")
