package hub

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"
)

// TestMain lets the test's binary be the process that TestKilled kills.
func TestMain(m *testing.M) {
	if endpoint := os.Getenv("GRAFT_TEST_PULL"); endpoint != "" {
		h := New(Options{Endpoint: endpoint, Cache: os.Getenv("GRAFT_TEST_CACHE")})
		if _, err := h.Resolve(context.Background(), "org/name"); err != nil {
			os.Stderr.WriteString(err.Error())
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// TestKilled: a process that is killed leaves what the next one goes on from.
func TestKilled(t *testing.T) {
	f := newFakeHub(t, someFiles())
	half, release := make(chan struct{}), make(chan struct{})
	var first atomic.Bool
	f.setBody(func(name string, w http.ResponseWriter, b []byte) {
		if name != "model.safetensors" || !first.CompareAndSwap(false, true) {
			f.write(name, w, b)
			return
		}
		f.write(name, w, b[:len(b)/2])
		close(half)
		<-release
	})
	h := f.hub(t)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "GRAFT_TEST_PULL="+f.URL, "GRAFT_TEST_CACHE="+h.Cache)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	<-half
	part := repoFolder(h.Cache, "org/name").blob(sha(f.files["model.safetensors"])) + ".incomplete"
	var there int64
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline) && there < 1<<19; time.Sleep(5 * time.Millisecond) {
		if info, err := os.Stat(part); err == nil {
			there = info.Size()
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	close(release)
	if there != 1<<19 {
		t.Fatalf("%d bytes were there when the process was killed, expected half", there)
	}
	p, err := h.Pull(t.Context(), "org/name", Select{})
	if err != nil {
		t.Fatal(err)
	}
	checkFiles(t, p.Path, f.files)
	if got := f.sent("model.safetensors"); got != 1<<20 {
		t.Errorf("%d bytes were sent to both processes, expected each byte once", got)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(part), "*.incomplete")); len(left) > 0 {
		t.Errorf("%q are left", left)
	}
}
