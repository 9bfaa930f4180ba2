package hub

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestURL: a file is downloaded once, continued only while it is the same, and downloaded again when it has changed.
func TestURL(t *testing.T) {
	var mu sync.Mutex
	content, tag := bytesOf(1<<18, 5), `"one"`
	sent, cutAt := 0, 1<<16
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if r.URL.Path != "/m/model.gguf" {
			http.NotFound(w, r)
			return
		}
		if r.Header.Get("Authorization") != "" {
			t.Error("the hub's token was sent to another server")
		}
		w.Header().Set("Etag", tag)
		if r.Method == http.MethodHead {
			w.Header().Set("Content-Length", fmt.Sprint(len(content)))
			return
		}
		b, start := content, 0
		if n, _ := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &start); n == 1 && r.Header.Get("If-Range") == tag {
			b = content[start:]
			w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", start, len(content)-1, len(content)))
			w.Header().Set("Content-Length", fmt.Sprint(len(b)))
			w.WriteHeader(http.StatusPartialContent)
		} else {
			w.Header().Set("Content-Length", fmt.Sprint(len(b)))
		}
		if cutAt > 0 {
			b = b[:cutAt]
		}
		sent += len(b)
		w.Write(b)
		w.(http.Flusher).Flush()
		if cutAt > 0 {
			cutAt = 0
			cut()
		}
	}))
	defer s.Close()
	h := New(Options{Endpoint: defaultEndpoint, Token: "hf_secret", Own: t.TempDir(), Cache: t.TempDir()})
	h.first = time.Millisecond
	pull := func(want []byte, sending int) {
		t.Helper()
		mu.Lock()
		sent = 0
		mu.Unlock()
		p, err := h.Pull(t.Context(), s.URL+"/m/model.gguf?key=1", Select{})
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(p.Path)
		mu.Lock()
		defer mu.Unlock()
		if err != nil || string(got) != string(want) || !strings.HasSuffix(p.Path, "model.gguf") || sent != sending {
			t.Errorf("%s: %d bytes, %v; %d were sent, expected %d", p.Path, len(got), err, sent, sending)
		}
	}
	pull(content, len(content)) // cut once and continued
	pull(content, 0)
	mu.Lock()
	content, tag = bytesOf(1<<18, 6), `"two"`
	mu.Unlock()
	pull(content, len(content))
	h.Offline = true
	pull(content, 0)
	if _, err := h.Pull(t.Context(), s.URL+"/m/other.gguf", Select{}); err == nil || !strings.Contains(err.Error(), "not in the cache") {
		t.Errorf("got error %v", err)
	}
	h.Offline = false
	if _, err := h.Pull(t.Context(), s.URL+"/m/none.gguf", Select{}); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("got error %v", err)
	}
}

// TestRedirects: what is not encrypted is no place to be sent to, and secrets of signed addresses stay out of errors.
func TestRedirects(t *testing.T) {
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	tls := httptest.NewTLSServer(http.RedirectHandler(plain.URL+"/x.gguf", http.StatusFound))
	defer tls.Close()
	h := New(Options{Endpoint: defaultEndpoint, Own: t.TempDir()})
	h.first = time.Millisecond
	policy := h.client.CheckRedirect
	h.client = tls.Client()
	h.client.CheckRedirect = policy
	if _, err := h.Pull(t.Context(), tls.URL+"/x.gguf", Select{}); err == nil || !strings.Contains(err.Error(), "not encrypted") {
		t.Errorf("got error %v", err)
	}
	plain.Close()
	_, _, err := h.opener(plain.URL+"/x?signature=secret", "", "x")(t.Context(), 0, toEnd)
	if err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("got error %v", err)
	}
}
