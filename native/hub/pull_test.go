package hub

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestPull: the layout is that of huggingface_hub, and the token goes to nobody else.
func TestPull(t *testing.T) {
	f := newFakeHub(t, someFiles())
	f.token = "hf_secret"
	h := f.hub(t)
	var last Progress
	h.Progress = func(p Progress) { last = p }
	p, err := h.Pull(t.Context(), "org/name", Select{})
	if err != nil {
		t.Fatal(err)
	}
	repo := filepath.Join(h.Cache, "models--org--name")
	if want := filepath.Join(repo, "snapshots", f.commit); p.Path != want || p.Commit != f.commit {
		t.Errorf("path is %s, expected %s; commit %s", p.Path, want, p.Commit)
	}
	checkFiles(t, p.Path, f.files)
	for name, b := range f.files {
		to, err := os.Readlink(filepath.Join(p.Path, name))
		want := strings.Repeat("../", 2+strings.Count(name, "/")) + "blobs/" + etagOf(b)
		if err != nil || to != want {
			t.Errorf("%s is a link to %q, %v, expected %q", name, to, err, want)
		}
	}
	if ref, err := os.ReadFile(filepath.Join(repo, "refs", "main")); string(ref) != f.commit {
		t.Errorf("refs/main is %q, %v", ref, err)
	}
	if f.leaked {
		t.Error("the token went to another host")
	}
	total := 0
	for _, b := range f.files {
		total += len(b)
	}
	if want := (Progress{Name: "org/name", Files: 5, AllFiles: 5, Bytes: int64(total), AllBytes: int64(total), Done: true}); last != want {
		t.Errorf("progress ended with %+v, expected %+v", last, want)
	}
	before := f.requests()
	if _, err := h.Pull(t.Context(), "org/name@"+f.commit, Select{}); err != nil || f.requests() != before {
		t.Errorf("the second pull downloaded %d files, %v", f.requests()-before, err)
	}
	if _, err := h.Pull(t.Context(), "hf://org/name@refs%2Fpr%2F1/config.json", Select{}); err != nil {
		t.Error(err)
	}
	if ref, err := os.ReadFile(filepath.Join(repo, "refs", "refs", "pr", "1")); string(ref) != f.commit {
		t.Errorf("refs/refs/pr/1 is %q, %v", ref, err)
	}
}

// TestMirror: a mirror that lists only names is asked for each file.
func TestMirror(t *testing.T) {
	f := newFakeHub(t, someFiles())
	f.noBlobs = true
	p, err := f.hub(t).Pull(t.Context(), "org/name", Select{})
	if err != nil {
		t.Fatal(err)
	}
	checkFiles(t, p.Path, f.files)
}

// TestCutAtEveryTenth: a connection that ends again and again costs no byte twice.
func TestCutAtEveryTenth(t *testing.T) {
	f := newFakeHub(t, someFiles())
	tenth := len(f.files["model.safetensors"])/10 + 1
	f.setBody(func(name string, w http.ResponseWriter, b []byte) {
		f.write(name, w, b[:min(tenth, len(b))])
		if len(b) > tenth {
			cut()
		}
	})
	h := f.hub(t)
	p, err := h.Pull(t.Context(), "org/name", Select{Include: []string{"model.safetensors"}})
	if err != nil {
		t.Fatal(err)
	}
	checkFiles(t, p.Path, map[string][]byte{"model.safetensors": f.files["model.safetensors"]})
	if got, want := f.sent("model.safetensors"), len(f.files["model.safetensors"]); got != want || f.requests() != 10 {
		t.Errorf("%d bytes in %d requests were sent, expected %d in 10", got, f.requests(), want)
	}
}

// TestResume: what lies there is continued; if it is damaged, the file is downloaded again, once.
func TestResume(t *testing.T) {
	for _, c := range []struct {
		name     string
		left     func(b []byte) []byte // of an earlier run
		noRanges bool
		served   func(n int) int
	}{
		{"half", func(b []byte) []byte { return b[:len(b)/2] }, false, func(n int) int { return n - n/2 }},
		{"half, no ranges", func(b []byte) []byte { return b[:len(b)/2] }, true, func(n int) int { return n }},
		{"all but the name", func(b []byte) []byte { return b }, false, func(int) int { return 0 }},
		{"too much", func(b []byte) []byte { return append(slices.Clone(b), 1, 2, 3) }, false, func(n int) int { return n }},
		{"half of something else", func(b []byte) []byte { return bytesOf(len(b)/2, 9) }, false, func(n int) int { return n + n - n/2 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := bytesOf(100_001, 3)
			f := newFakeHub(t, map[string][]byte{"model.safetensors": b})
			f.noRanges = c.noRanges
			h := f.hub(t)
			path := repoFolder(h.Cache, "org/name").blob(sha(b)) + ".incomplete"
			if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(path, c.left(b), 0o666)); err != nil {
				t.Fatal(err)
			}
			p, err := h.Pull(t.Context(), "org/name", Select{})
			if err != nil {
				t.Fatal(err)
			}
			checkFiles(t, p.Path, f.files)
			if got := f.sent("model.safetensors"); got != c.served(len(b)) {
				t.Errorf("%d bytes were sent, expected %d", got, c.served(len(b)))
			}
			if _, err := os.Stat(path); err == nil {
				t.Error("the incomplete file is there still")
			}
		})
	}
}

// TestDamaged: wrong bytes never get a blob's name.
func TestDamaged(t *testing.T) {
	for _, name := range []string{"config.json", "model.safetensors"} {
		f := newFakeHub(t, someFiles())
		f.setBody(func(n string, w http.ResponseWriter, b []byte) {
			if n == name {
				b = slices.Clone(b)
				b[len(b)/2] ^= 1
			}
			f.write(n, w, b)
		})
		h := f.hub(t)
		_, err := h.Pull(t.Context(), "org/name", Select{})
		var damaged *damagedError
		if !errors.As(err, &damaged) || damaged.name != name {
			t.Errorf("%s: got error %v", name, err)
		}
		blob := repoFolder(h.Cache, "org/name").blob(etagOf(f.files[name]))
		if _, err := os.Stat(blob); err == nil {
			t.Errorf("%s: the blob is there", name)
		}
		f.setBody(nil)
		p, err := h.Pull(t.Context(), "org/name", Select{})
		if err != nil {
			t.Fatal(err)
		}
		checkFiles(t, p.Path, f.files)
	}
}

// TestAtOnce: many pulls of one model, each with its own handles on the lock, send every byte once.
func TestAtOnce(t *testing.T) {
	f := newFakeHub(t, someFiles())
	f.setBody(func(name string, w http.ResponseWriter, b []byte) {
		time.Sleep(10 * time.Millisecond) // so that they meet
		f.write(name, w, b)
	})
	cache := t.TempDir()
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			h := f.hub(t)
			h.Cache = cache
			p, err := h.Pull(t.Context(), "org/name", Select{})
			if err != nil {
				t.Error(err)
				return
			}
			checkFiles(t, p.Path, f.files)
		})
	}
	wg.Wait()
	for name, n := range f.served {
		if n != len(f.files[name]) {
			t.Errorf("%s: %d bytes were sent, expected %d", name, n, len(f.files[name]))
		}
	}
}

// TestRefusals: the errors say what to do.
func TestRefusals(t *testing.T) {
	f := newFakeHub(t, someFiles())
	status := func(code int, header, text string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("X-Error-Code", header)
			http.Error(w, text, code)
			return true
		}
	}
	for _, c := range []struct {
		name, model string
		answer      func(http.ResponseWriter, *http.Request) bool
		want        []string
	}{
		{"private", "org/name", status(401, "RepoNotFound", "Invalid username"), []string{"no such path here", "HF_TOKEN", "Invalid username"}},
		{"gated", "org/name", status(403, "GatedRepo", "ask first"), []string{"gated", "accept its terms"}},
		{"revision", "org/name@v9", nil, []string{`no revision "v9"`}},
		{"file", "hf://org/name/none.gguf", nil, []string{`no file "none.gguf"`, "config.json"}},
		{"no JSON", "org/name", func(w http.ResponseWriter, _ *http.Request) bool { fmt.Fprint(w, "<html>"); return true }, []string{"the hub's answer"}},
		{"broken", "org/name", status(500, "", "oops\x1b[2J"), []string{"500", "oops [2J"}},
		{"endless", "org/name", func(w http.ResponseWriter, _ *http.Request) bool { w.Write(make([]byte, maxAnswer+2)); return true }, []string{"more than 33554432 bytes"}},
		{"redirects without end", "org/name", func(w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, r.URL.Path, http.StatusFound)
			return true
		}, []string{"more than 10 redirects"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f.answer = c.answer
			_, err := f.hub(t).Pull(t.Context(), c.model, Select{})
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got error %q, expected %q in it", err, want)
				}
			}
		})
	}
}

// TestRetry: what may pass is tried again, what will not is not.
func TestRetry(t *testing.T) {
	for _, c := range []struct {
		name   string
		status []int // of the first answers
		ok     bool
		asked  int
	}{
		{"too busy", []int{429, 503, 502, 500}, true, 5},
		{"never", []int{500, 500, 500, 500, 500, 500, 500}, false, maxAttempts},
		{"not there", []int{404}, false, 1},
		{"not for you", []int{403}, false, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFakeHub(t, someFiles())
			var asked atomic.Int64
			f.answer = func(w http.ResponseWriter, r *http.Request) bool {
				if !strings.HasPrefix(r.URL.Path, "/api/") {
					return false
				}
				n := int(asked.Add(1))
				if n > len(c.status) {
					return false
				}
				w.WriteHeader(c.status[n-1])
				return true
			}
			_, err := f.hub(t).Pull(t.Context(), "org/name", Select{})
			if (err == nil) != c.ok || int(asked.Load()) != c.asked {
				t.Errorf("asked %d times, expected %d; %v", asked.Load(), c.asked, err)
			}
		})
	}
}

// TestStalled: a server that stops sending, without ending the connection, is left for another attempt.
func TestStalled(t *testing.T) {
	f := newFakeHub(t, someFiles())
	release := make(chan struct{})
	defer close(release)
	var once atomic.Bool
	f.setBody(func(name string, w http.ResponseWriter, b []byte) {
		if name == "model.safetensors" && once.CompareAndSwap(false, true) {
			f.write(name, w, b[:len(b)/3])
			<-release
			return
		}
		f.write(name, w, b)
	})
	h := f.hub(t)
	h.stall = 200 * time.Millisecond
	p, err := h.Pull(t.Context(), "org/name", Select{})
	if err != nil {
		t.Fatal(err)
	}
	checkFiles(t, p.Path, f.files)
}

// TestCanceled: Ctrl-C ends a download at once, and what is there stays.
func TestCanceled(t *testing.T) {
	f := newFakeHub(t, someFiles())
	ctx, cancel := context.WithCancel(t.Context())
	release := make(chan struct{})
	defer close(release)
	f.setBody(func(name string, w http.ResponseWriter, b []byte) {
		f.write(name, w, b[:len(b)/2])
		<-release
	})
	h := f.hub(t)
	h.Progress = func(p Progress) {
		if p.Bytes >= 1<<19 {
			cancel()
		}
	}
	_, err := h.Pull(ctx, "org/name", Select{Include: []string{"model.safetensors"}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v", err)
	}
	info, err := os.Stat(repoFolder(h.Cache, "org/name").blob(sha(f.files["model.safetensors"])) + ".incomplete")
	if err != nil || info.Size() < 1<<18 {
		t.Errorf("what was there is gone: %v, %v", info, err)
	}
}

// TestOffline: without a network, or when told so, the cache serves.
func TestOffline(t *testing.T) {
	f := newFakeHub(t, someFiles())
	h := f.hub(t)
	online, err := h.Pull(t.Context(), "org/name", Select{})
	if err != nil {
		t.Fatal(err)
	}
	h.Offline = true
	asked := f.queries
	for _, name := range []string{"org/name", "org/name@" + f.commit} {
		if p, err := h.Pull(t.Context(), name, Select{}); err != nil || p.Path != online.Path || f.queries != asked {
			t.Errorf("%s offline: %v, %v", name, p, err)
		}
	}
	for _, c := range [][2]string{{"org/other", "HF_HUB_OFFLINE is set, and it is not in the cache"}, {"org/name@v2", "not in the cache"}, {"hf://org/name/x.gguf", `no "x.gguf"`}} {
		if _, err := h.Pull(t.Context(), c[0], Select{}); err == nil || !strings.Contains(err.Error(), c[1]) {
			t.Errorf("%s: got error %v, expected %q", c[0], err, c[1])
		}
	}
	h.Offline = false
	f.Close()
	var notes []string
	h.Note = func(s string) { notes = append(notes, s) }
	if p, err := h.Pull(t.Context(), "org/name", Select{}); err != nil || p.Path != online.Path || len(notes) != 1 || !strings.Contains(notes[0], "using what is in the cache") {
		t.Errorf("without a server: %v, %v, %q", p, err, notes)
	}
	if _, err := h.Pull(t.Context(), "org/other", Select{}); err == nil || !strings.Contains(err.Error(), "no network, or no server there") {
		t.Errorf("without a server: got error %v", err)
	}
}
