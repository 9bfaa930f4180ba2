package hub

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestDiskFull: a disk that is too small is told before a download that says its size, and during one that does not.
func TestDiskFull(t *testing.T) {
	f := newFakeHub(t, map[string][]byte{"model.safetensors": bytesOf(3<<20, 1)})
	h := f.hub(t)
	for _, dir := range []string{h.Cache, h.Own} {
		if err := os.MkdirAll(dir, 0o777); err != nil {
			t.Fatal(err)
		}
		mountSmall(t, dir)
	}
	_, err := h.Pull(t.Context(), "org/name", Select{})
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "3 MB are needed") || f.sent("model.safetensors") != 0 {
		t.Errorf("got error %v after %d bytes", err, f.sent("model.safetensors"))
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Etag", `"1"`)
		if r.Method == http.MethodGet {
			w.(http.Flusher).Flush() // no length
			w.Write(bytesOf(3<<20, 1))
		}
	}))
	defer s.Close()
	_, err = h.Pull(t.Context(), s.URL+"/model.gguf", Select{})
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), h.Own) || !strings.Contains(err.Error(), "goes on from it") {
		t.Errorf("got error %v", err)
	}
}

// TestNotWritable: where nothing can be written, the error names the place.
func TestNotWritable(t *testing.T) {
	f := newFakeHub(t, someFiles())
	h := f.hub(t)
	h.Cache = filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(h.Cache, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Pull(t.Context(), "org/name", Select{}); err == nil || !strings.Contains(err.Error(), h.Cache) {
		t.Errorf("got error %v", err)
	}
}

// mountSmall puts a file system of one megabyte over dir.
func mountSmall(t *testing.T, dir string) {
	t.Helper()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		t.Skipf("a small file system cannot be mounted here: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(dir, 0) })
}
