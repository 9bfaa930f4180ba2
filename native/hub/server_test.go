package hub

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// fakeHub speaks the hub's protocol on this machine. Large files come from a CDN, which is another host.
type fakeHub struct {
	*httptest.Server
	cdn    *httptest.Server
	commit string
	files  map[string][]byte
	token  string // that it wants to see

	mu      sync.Mutex
	served  map[string]int // bytes of each file
	ranges  []string       // Range headers, in order
	leaked  bool           // the CDN has seen a token
	queries int            // to the API

	noRanges bool                                               // the CDN knows no ranges
	noBlobs  bool                                               // the list has no sizes and etags
	list     func() []byte                                      // in place of the list
	answer   func(w http.ResponseWriter, r *http.Request) bool  // before all else
	body     func(name string, w http.ResponseWriter, b []byte) // writes a body, by write; see setBody
}

const large = 1000 // bytes from which on a file is in LFS

func newFakeHub(t *testing.T, files map[string][]byte) *fakeHub {
	f := &fakeHub{commit: strings.Repeat("c0ffee42", 5), files: files, served: map[string]int{}}
	f.cdn = httptest.NewServer(http.HandlerFunc(f.serveCDN))
	t.Cleanup(f.cdn.Close)
	f.Server = httptest.NewServer(http.HandlerFunc(f.serve))
	t.Cleanup(f.Close)
	return f
}

// bytesOf are bytes that look like weights.
func bytesOf(n int, seed int64) []byte {
	b := make([]byte, n)
	rand.New(rand.NewSource(seed)).Read(b)
	return b
}

func sha(b []byte) string { s := sha256.Sum256(b); return hex.EncodeToString(s[:]) }

func gitSHA(b []byte) string {
	s := sha1.Sum(append(fmt.Appendf(nil, "blob %d\x00", len(b)), b...))
	return hex.EncodeToString(s[:])
}

func etagOf(b []byte) string {
	if len(b) >= large {
		return sha(b)
	}
	return gitSHA(b)
}

func (f *fakeHub) serve(w http.ResponseWriter, r *http.Request) {
	if f.answer != nil && f.answer(w, r) {
		return
	}
	if f.token != "" && r.Header.Get("Authorization") != "Bearer "+f.token {
		w.Header().Set("X-Error-Code", "RepoNotFound")
		http.Error(w, "Invalid username or password.", http.StatusUnauthorized)
		return
	}
	path, api := strings.CutPrefix(r.URL.Path, "/api/models/org/name/revision/")
	if api {
		f.mu.Lock()
		f.queries++
		f.mu.Unlock()
		if path != "main" && path != f.commit && path != "refs/pr/1" {
			w.Header().Set("X-Error-Code", "RevisionNotFound")
			http.Error(w, "Invalid rev id", http.StatusNotFound)
			return
		}
		if f.list != nil {
			w.Write(f.list())
			return
		}
		var siblings []map[string]any
		for name, b := range f.files {
			s := map[string]any{"rfilename": name}
			if !f.noBlobs {
				s["size"], s["blobId"] = len(b), gitSHA(b)
				if len(b) >= large {
					s["lfs"] = map[string]any{"sha256": sha(b), "size": len(b), "pointerSize": 134}
					s["blobId"] = gitSHA([]byte("pointer"))
				}
			}
			siblings = append(siblings, s)
		}
		json.NewEncoder(w).Encode(map[string]any{"id": "org/name", "sha": f.commit, "siblings": siblings})
		return
	}
	name, ok := strings.CutPrefix(r.URL.Path, "/org/name/resolve/"+f.commit+"/")
	b, there := f.files[name]
	if !ok || !there {
		w.Header().Set("X-Error-Code", "EntryNotFound")
		http.Error(w, "Entry not found", http.StatusNotFound)
		return
	}
	w.Header().Set("X-Repo-Commit", f.commit)
	w.Header().Set("X-Linked-Size", fmt.Sprint(len(b)))
	w.Header().Set("X-Linked-Etag", `"`+etagOf(b)+`"`)
	if len(b) >= large {
		w.Header().Set("Location", f.cdn.URL+"/"+name+"?signature=secret")
		w.WriteHeader(http.StatusFound)
		return
	}
	f.send(name, b, w, r)
}

func (f *fakeHub) serveCDN(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "" {
		f.mu.Lock()
		f.leaked = true
		f.mu.Unlock()
	}
	if r.URL.Query().Get("signature") != "secret" {
		http.Error(w, "not signed", http.StatusForbidden)
		return
	}
	name := strings.TrimPrefix(r.URL.Path, "/")
	f.send(name, f.files[name], w, r)
}

func (f *fakeHub) send(name string, b []byte, w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodHead {
		w.Header().Set("Content-Length", fmt.Sprint(len(b)))
		return
	}
	rng := r.Header.Get("Range")
	f.mu.Lock()
	f.ranges = append(f.ranges, rng)
	f.mu.Unlock()
	var start int
	if _, err := fmt.Sscanf(rng, "bytes=%d-", &start); err == nil && !f.noRanges {
		if start >= len(b) {
			http.Error(w, "", http.StatusRequestedRangeNotSatisfiable)
			return
		}
		end := len(b)
		if _, err := fmt.Sscanf(rng, "bytes=%d-%d", &start, &end); err == nil {
			end = min(end+1, len(b))
		}
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", start, end-1, len(b)))
		w.Header().Set("Content-Length", fmt.Sprint(end-start))
		w.WriteHeader(http.StatusPartialContent)
		b = b[start:end]
	} else {
		w.Header().Set("Content-Length", fmt.Sprint(len(b)))
	}
	f.mu.Lock()
	body := f.body
	f.mu.Unlock()
	if body != nil {
		body(name, w, b)
	} else {
		f.write(name, w, b)
	}
}

// setBody changes how bodies are written, also while the server runs.
func (f *fakeHub) setBody(body func(name string, w http.ResponseWriter, b []byte)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.body = body
}

// write sends bytes of a file and counts them, before the client can have them.
func (f *fakeHub) write(name string, w http.ResponseWriter, b []byte) {
	f.mu.Lock()
	f.served[name] += len(b)
	f.mu.Unlock()
	w.Write(b)
	w.(http.Flusher).Flush()
}

// sent is how many bytes of a file were sent, and requests how many requests for files there were.
func (f *fakeHub) sent(name string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.served[name]
}

func (f *fakeHub) requests() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.ranges)
}

// cut ends a connection in the middle of an answer.
func cut() { panic(http.ErrAbortHandler) }

// hub is a client of the fake hub with a cache of its own.
func (f *fakeHub) hub(t *testing.T) *Hub {
	h := New(Options{Endpoint: f.URL, Token: f.token, Cache: filepath.Join(t.TempDir(), "hub"), Own: filepath.Join(t.TempDir(), "own")})
	h.first = time.Millisecond
	return h
}

func someFiles() map[string][]byte {
	return map[string][]byte{
		"config.json":                         []byte(`{"model_type":"llama"}`),
		"tokenizer.json":                      bytesOf(3000, 1),
		"model.safetensors":                   bytesOf(1<<20, 2),
		"empty.txt":                           {},
		"additional_chat_templates/rag.jinja": []byte("{{ x }}"),
	}
}

// checkFiles compares what was pulled.
func checkFiles(t *testing.T, dir string, want map[string][]byte) {
	t.Helper()
	for name, b := range want {
		got, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil || string(got) != string(b) {
			t.Errorf("%s: %d bytes, %v, expected %d", name, len(got), err, len(b))
		}
	}
}
