package web

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"
)

// policy is what a page of the site may load: its own files, and models from anywhere that lets it.
const policy = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' data:; connect-src 'self' https: http://127.0.0.1:* http://localhost:*; " +
	"worker-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// headers are on every answer.
var headers = map[string]string{
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cross-Origin-Embedder-Policy": "require-corp",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Content-Security-Policy":      policy,
	"X-Content-Type-Options":       "nosniff",
	"Referrer-Policy":              "no-referrer",
	"Cache-Control":                "no-cache", // may be kept, if it is asked whether it is the same
}

// ServeHTTP answers a browser.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for name, value := range headers {
		w.Header().Set(name, value)
	}
	if !s.allowed(r.Host) {
		http.Error(w, fmt.Sprintf("host %q is not a name of this server", r.Host), http.StatusMisdirectedRequest)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "only GET and HEAD", http.StatusMethodNotAllowed)
		return
	}
	name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
	if name == "" {
		name = "index.html"
	}
	f := s.pages[name]
	if f == nil {
		f = s.models[name]
	}
	if f == nil {
		http.NotFound(w, r)
		return
	}
	kind := types[path.Ext(name)]
	if kind == "" {
		kind = "application/octet-stream"
	}
	w.Header().Set("Content-Type", kind)
	if small := s.pages[name+compressed]; small != nil {
		w.Header().Set("Vary", "Accept-Encoding")
		if accepts(r, "br") && r.Header.Get("Range") == "" {
			w.Header().Set("Content-Encoding", "br")
			f = small
		}
	}
	w.Header().Set("ETag", `"`+f.sha256+`"`)
	body, err := f.reader()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	defer body.Close()
	http.ServeContent(w, r, "", time.Time{}, body)
}

// allowed reports whether the site may be asked by that Host header.
func (s *Site) allowed(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return slices.Contains([]string{"127.0.0.1", "localhost", "::1", "[::1]"}, host) || slices.Contains(s.options.Hosts, host)
}

// accepts reports whether a request takes an encoding.
func accepts(r *http.Request, encoding string) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, quality, _ := strings.Cut(strings.TrimSpace(part), ";")
		if name == encoding && strings.TrimSpace(quality) != "q=0" {
			return true
		}
	}
	return false
}

// Serve answers at an address until the context ends. started is told the URL once it listens.
func Serve(ctx context.Context, address string, h http.Handler, started func(url string)) error {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	started("http://" + l.Addr().String() + "/")
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	done := context.AfterFunc(ctx, func() {
		last, stop := context.WithTimeout(context.Background(), time.Second)
		defer stop()
		if server.Shutdown(last) != nil {
			server.Close()
		}
	})
	defer done()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
