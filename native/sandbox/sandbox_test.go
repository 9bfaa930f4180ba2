package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tetratelabs/wazero"

	"graft/kernels/wasm"
	"graft/shared/api"
)

const base = "../../examples/finance/base"

var cache = sync.OnceValue(func() wazero.CompilationCache {
	if dir, err := os.UserCacheDir(); err == nil {
		if c, err := wazero.NewCompilationCacheWithDir(filepath.Join(dir, "graft", "wasm")); err == nil {
			return c
		}
	}
	return wazero.NewCompilationCache()
})

func options(t *testing.T) Options {
	t.Helper()
	if testing.Short() {
		t.Skip("compiling the engine is not short")
	}
	engine, err := os.ReadFile("../../wasm/dist/engine.wasm")
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("wasm/dist/engine.wasm is not there: ./build.sh wasm makes it")
	}
	if err != nil {
		t.Fatal(err)
	}
	return Options{Engine: engine, Kernels: wasm.SIMD, Cache: cache(), Stderr: os.Stderr}
}

func open(t *testing.T, o Options) *Sandbox {
	t.Helper()
	s, err := New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// model opens the finance model.
func model(t *testing.T, s *Sandbox, limit int64) (*api.Answer, error) {
	t.Helper()
	files, err := s.AddDirectory(base)
	if err != nil {
		t.Fatal(err)
	}
	return s.Ask(t.Context(), api.Request{Open: &api.OpenRequest{Name: "base", Files: files, MemoryLimit: limit, Tasks: []string{api.TaskGenerate}, Context: 128}})
}

// write generates a few tokens.
func write(s *Sandbox) (string, error) {
	ctx := context.Background()
	a, err := s.Ask(ctx, api.Request{Start: &api.GenerateRequest{Prompt: "公司净利润", MaxNewTokens: 4}})
	if err != nil {
		return "", err
	}
	for {
		if a, err = s.Ask(ctx, api.Request{Step: &api.StepRequest{Handle: a.Start.Handle, Tokens: 8}}); err != nil || a.Step.Done {
			break
		}
	}
	if err != nil {
		return "", err
	}
	return a.Step.Generation.Text, nil
}

// TestWeightsPassTheEngineBy sees that what is loaded is in the kernels' memory and not in the engine's.
func TestWeightsPassTheEngineBy(t *testing.T) {
	s := open(t, options(t))
	a, err := model(t, s, 256<<20)
	if err != nil {
		t.Fatal(err)
	}
	plan := a.Open.Memory
	before := s.instance.engine.Memory().Size()
	if _, err := s.Ask(t.Context(), api.Request{Load: &api.LoadRequest{}}); err != nil {
		t.Fatal(err)
	}
	if grown := int64(s.instance.engine.Memory().Size() - before); grown > plan.Weights/4 {
		t.Errorf("the engine's memory grew by %d bytes for %d bytes of weights", grown, plan.Weights)
	}
	if kernels := int64(s.instance.kernels.Memory().Size()); kernels < plan.Weights {
		t.Errorf("the kernels' memory has %d bytes after loading %d", kernels, plan.Weights)
	}
	if text, err := write(s); err != nil || text == "" {
		t.Errorf("%q, %v", text, err)
	}
	if used := s.Used(); used > 2*plan.Total {
		t.Errorf("%d bytes are used, planned were %d", used, plan.Total)
	}
}

// TestLimits sees that limits are errors that say what to do, and that the sandbox answers on.
func TestLimits(t *testing.T) {
	o := options(t)
	o.Stderr = nil // Go's last words are long
	for name, test := range map[string]struct {
		memory  int64
		timeout time.Duration
		plan    int64 // limit that the request names
		code    api.Code
		says    string
	}{
		"planned":   {0, 0, 12 << 20, api.NoMemory, "12582912 are allowed"},
		"enforced":  {14 << 20, 0, 0, api.NoMemory, "14680064 are allowed"},
		"too small": {1 << 20, 0, 0, api.NoMemory, "1048576 are allowed"},
		"time":      {0, time.Millisecond, 0, api.Cancelled, "took longer than 1ms"},
	} {
		o.MemoryLimit, o.Timeout = test.memory, test.timeout
		s, err := New(t.Context(), o)
		if err == nil {
			if _, err = model(t, s, test.plan); err == nil {
				_, err = write(s)
			}
			for _, again := range []string{"once", "twice"} {
				if s.Answer(t.Context(), []byte(`{"protocol":1,"state":{}}`)); test.timeout == 0 && s.instance == nil {
					t.Errorf("%s: there is no engine after it was asked %s", name, again)
				}
			}
			s.Close()
		}
		if api.CodeOf(err) != test.code || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v (%s), expected %s and %q", name, err, api.CodeOf(err), test.code, test.says)
		}
	}
}

// TestEngineMayEnd sees that a trap is an answer, after which a new engine answers.
func TestEngineMayEnd(t *testing.T) {
	o := options(t)
	o.Stderr = nil
	s := open(t, o)
	if _, err := model(t, s, 0); err != nil {
		t.Fatal(err)
	}
	for i := range s.files.files {
		s.files.files[i].ReaderAt = broken{}
	}
	_, err := s.Ask(t.Context(), api.Request{Load: &api.LoadRequest{}})
	if api.CodeOf(err) != api.Crashed {
		t.Fatalf("%v, expected a crash", err)
	}
	a, err := s.Ask(t.Context(), api.Request{State: &api.Nothing{}})
	if err != nil || a.State.Open != "" {
		t.Errorf("%+v, %v, expected an engine in which nothing is open", a, err)
	}
}

// broken ends the engine that reads it.
type broken struct{}

func (broken) ReadAt([]byte, int64) (int, error) { panic(errors.New("trap")) }

func TestRefused(t *testing.T) {
	s := open(t, options(t))
	for _, request := range []string{"", "null", "{", strings.Repeat(" ", api.MaxRequest+1)} {
		var a api.Answer
		if err := json.Unmarshal(s.Answer(t.Context(), []byte(request)), &a); err != nil || a.Error == nil {
			t.Errorf("%.10q: %+v, %v, expected an error", request, a, err)
		}
	}
	if s.instance == nil {
		t.Error("a wrong request ended the engine")
	}
	if _, err := s.AddDirectory("nowhere"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if _, err := New(t.Context(), Options{MemoryLimit: -1}); err == nil {
		t.Error("a limit below zero is accepted")
	}
	if _, err := New(t.Context(), Options{Engine: []byte("no module")}); err == nil {
		t.Error("no module is accepted")
	}
}
