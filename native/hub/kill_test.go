package hub

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// TestMain lets the test's binary be the process that TestKilled kills.
func TestMain(m *testing.M) {
	if endpoint := os.Getenv("GRAFT_TEST_PULL"); endpoint != "" {
		h := New(Options{Endpoint: endpoint, Cache: os.Getenv("GRAFT_TEST_CACHE")})
		if n, err := strconv.ParseInt(os.Getenv("GRAFT_TEST_CHUNK"), 10, 64); err == nil {
			h.chunk = n
		}
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

// TestRangesKilled: the same while several ranges are on their way. What waited in memory is lost, and no more.
func TestRangesKilled(t *testing.T) {
	f := newFakeHub(t, ranged())
	size := len(f.files["model.safetensors"])
	release := make(chan struct{})
	var served atomic.Int64
	f.setBody(func(name string, w http.ResponseWriter, b []byte) {
		if name == "model.safetensors" && served.Add(int64(len(b))) > int64(size/2) {
			<-release
			cut()
		}
		f.write(name, w, b)
	})
	h := f.hub(t)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "GRAFT_TEST_PULL="+f.URL, "GRAFT_TEST_CACHE="+h.Cache, "GRAFT_TEST_CHUNK="+strconv.Itoa(rangeBytes))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	path := repoFolder(h.Cache, "org/name").blob(sha(f.files["model.safetensors"])) + ".incomplete"
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if info, err := os.Stat(path); err == nil && info.Size() > 0 && served.Load() > int64(size/2) {
			break
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	close(release)
	left, err := os.ReadFile(path)
	if err != nil || len(left) == 0 || !strings.HasPrefix(string(f.files["model.safetensors"]), string(left)) {
		t.Fatalf("%d bytes are left, error %v, expected the beginning of the file", len(left), err)
	}
	f.setBody(nil)
	before := f.sent("model.safetensors")
	h.chunk = rangeBytes
	p, err := h.Pull(t.Context(), "org/name", Select{})
	if err != nil {
		t.Fatal(err)
	}
	checkFiles(t, p.Path, f.files)
	if got, want := f.sent("model.safetensors")-before, size-len(left); got != want {
		t.Errorf("%d bytes were sent the second time, expected %d", got, want)
	}
}
