package hub

import (
	"context"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// ranged are files of which one has many ranges.
func ranged() map[string][]byte {
	return map[string][]byte{"config.json": []byte("{}"), "model.safetensors": bytesOf(1_000_003, 5)}
}

const rangeBytes = 64 << 10

// TestRanges: several ranges of one large file are on their way at once, every byte is sent once, and what breaks off
// goes on from there.
func TestRanges(t *testing.T) {
	for _, c := range []struct {
		name     string
		noRanges bool
		cut      bool
		sent     func(size int) (least, most int)
	}{
		{"whole", false, false, func(n int) (int, int) { return n, n }},
		{"every answer is cut", false, true, func(n int) (int, int) { return n, n }},
		// Some ranges are asked for before it shows that the server sends everything.
		{"a server without ranges", true, false, func(n int) (int, int) { return n, (rangesAtOnce + 2) * n }},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFakeHub(t, ranged())
			f.noRanges = c.noRanges
			var mu sync.Mutex
			now, most := 0, 0
			f.setBody(func(name string, w http.ResponseWriter, b []byte) {
				mu.Lock()
				now++
				most = max(most, now)
				mu.Unlock()
				time.Sleep(5 * time.Millisecond) // so that they meet
				mu.Lock()
				now--
				mu.Unlock()
				if c.cut && len(b) > rangeBytes/2 {
					f.write(name, w, b[:rangeBytes/2])
					cut()
				}
				f.write(name, w, b)
			})
			h := f.hub(t)
			h.chunk = rangeBytes
			p, err := h.Pull(t.Context(), "org/name", Select{})
			if err != nil {
				t.Fatal(err)
			}
			checkFiles(t, p.Path, f.files)
			least, limit := c.sent(len(f.files["model.safetensors"]))
			if got := f.sent("model.safetensors"); got < least || got > limit {
				t.Errorf("%d bytes were sent, expected %d to %d", got, least, limit)
			}
			if !c.noRanges && (most < 2 || most > rangesAtOnce+1) {
				t.Errorf("%d requests were under way at once, expected 2 to %d", most, rangesAtOnce+1)
			}
		})
	}
}

// TestRangesResume: a download by ranges that was stopped leaves the file's beginning, from which the next goes on; only
// ranges that waited for others come again.
func TestRangesResume(t *testing.T) {
	f := newFakeHub(t, ranged())
	size := len(f.files["model.safetensors"])
	ctx, cancel := context.WithCancel(t.Context())
	var served atomic.Int64
	f.setBody(func(name string, w http.ResponseWriter, b []byte) {
		if name == "model.safetensors" && served.Add(int64(len(b))) > int64(size/2) {
			cancel()
		}
		f.write(name, w, b)
	})
	h := f.hub(t)
	h.chunk = rangeBytes
	if _, err := h.Pull(ctx, "org/name", Select{}); err == nil {
		t.Fatal("the download was not stopped")
	}
	path := repoFolder(h.Cache, "org/name").blob(sha(f.files["model.safetensors"])) + ".incomplete"
	left, err := os.ReadFile(path)
	if err != nil || len(left) == 0 || len(left) >= size || !strings.HasPrefix(string(f.files["model.safetensors"]), string(left)) {
		t.Fatalf("%d bytes are left, error %v, expected the beginning of the file", len(left), err)
	}
	before := f.sent("model.safetensors")
	p, err := h.Pull(t.Context(), "org/name", Select{})
	if err != nil {
		t.Fatal(err)
	}
	checkFiles(t, p.Path, f.files)
	if got, want := f.sent("model.safetensors")-before, size-len(left); got != want {
		t.Errorf("%d bytes were sent the second time, expected %d", got, want)
	}
	if again := before - len(left); again > rangesAtOnce*rangeBytes {
		t.Errorf("%d bytes were sent twice, expected at most %d", again, rangesAtOnce*rangeBytes)
	}
}

// TestRangesDamaged: a wrong byte in one of the ranges shows.
func TestRangesDamaged(t *testing.T) {
	f := newFakeHub(t, ranged())
	f.setBody(func(name string, w http.ResponseWriter, b []byte) {
		if name == "model.safetensors" {
			b = append([]byte(nil), b...)
			b[0] ^= 1
		}
		f.write(name, w, b)
	})
	h := f.hub(t)
	h.chunk = rangeBytes
	if _, err := h.Pull(t.Context(), "org/name", Select{}); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("error %v", err)
	}
}
