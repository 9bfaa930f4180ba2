package edge

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// put writes files into a new directory.
func put(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func namesOf(files []File) []string {
	var names []string
	for _, f := range files {
		names = append(names, f.Name)
	}
	slices.Sort(names)
	return names
}

func TestFiles(t *testing.T) {
	dir := put(t, map[string]string{"config.json": "{}", "model.safetensors": "w", "model.safetensors.index.json": "{}", "tokenizer.json": "{}", "README.md": "no", "pytorch_model.bin": "no",
		"modules.json": "[]", "1_Pooling/config.json": "{}", "2_Dense/model.safetensors": "d", "onnx/config.json": "no", "checkpoint-5/config.json": "no"})
	files, err := Files(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"1_Pooling/config.json", "2_Dense/model.safetensors", "config.json", "model.safetensors", "model.safetensors.index.json", "modules.json", "tokenizer.json"}
	if got := namesOf(files); !slices.Equal(got, want) {
		t.Errorf("a model's files are %q, expected %q", got, want)
	}
	others := []File{{Name: "model.safetensors", Path: "new", Size: 9}, {Name: "config.json", Path: "new"}}
	replaced := Reweighted(files, others)
	want = []string{"1_Pooling/config.json", "2_Dense/model.safetensors", "config.json", "model.safetensors", "modules.json", "tokenizer.json"}
	if got := namesOf(replaced); !slices.Equal(got, want) || !slices.Contains(replaced, others[0]) {
		t.Errorf("with other weights: %q, expected %q", got, want)
	}

	adapter := put(t, map[string]string{"adapter_config.json": "{}", "adapter_model.safetensors": "a", "trained.safetensors": "no", "graft.json": "{}", "loss.png": "no"})
	if files, err = Files(adapter); err != nil || !slices.Equal(namesOf(files), []string{"adapter_config.json", "adapter_model.safetensors", "graft.json"}) {
		t.Errorf("an adapter's files are %q, %v", namesOf(files), err)
	}
	parts := put(t, map[string]string{"m-00001-of-00002.gguf": "1", "m-00002-of-00002.gguf": "2", "other.gguf": "no"})
	if files, err = Files(filepath.Join(parts, "m-00001-of-00002.gguf")); err != nil || len(files) != 2 {
		t.Errorf("a split file's parts are %q, %v", namesOf(files), err)
	}
	if _, err := Files(put(t, map[string]string{"README.md": ""})); err == nil {
		t.Error("a directory without a model passes")
	}
}

func TestNames(t *testing.T) {
	for path, want := range map[string]string{"out/finance/": "finance", "models/SmolLM2-135M.Q4_1.gguf": "SmolLM2-135M.Q4_1", "out/情感": "情感"} {
		if got := ModelName(path); got != want {
			t.Errorf("%s is called %q, expected %q", path, got, want)
		}
	}
	for model, want := range map[string]string{"SmolLM2-135M.Q4_1": "graft-smollm2-135m-q4-1", "情感": "graft-model", strings.Repeat("x", 90): "graft-" + strings.Repeat("x", 40)} {
		got := WorkerName(model)
		if got != want || !workerName.MatchString(got) {
			t.Errorf("the Worker of %s is called %q, expected %q", model, got, want)
		}
	}
	valid := Worker{Name: "graft-x", Model: Model{Name: "base"}, Adapters: []Adapter{{Name: "a"}}, Weights: Assets}
	for name, change := range map[string]func(w *Worker){
		"the Worker's name is": func(w *Worker) { w.Name = "Graft_X" },
		"cannot be the name":   func(w *Worker) { w.Adapters = []Adapter{{Name: "a:b"}} },
		"two are called":       func(w *Worker) { w.Adapters = []Adapter{{Name: "base"}} },
		"want a store":         func(w *Worker) { w.Weights = R2 },
		"expected one of":      func(w *Worker) { w.Weights = "disk" },
	} {
		w := valid
		change(&w)
		if err := w.Check(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("got %v, expected one with %q", err, name)
		}
	}
	if err := valid.Check(); err != nil {
		t.Error(err)
	}
}

// runtime is a web runtime whose files are their own names.
func runtime() Runtime {
	files := func(names ...string) fstest.MapFS {
		fsys := fstest.MapFS{}
		for _, n := range names {
			fsys[n] = &fstest.MapFile{Data: []byte(n)}
		}
		return fsys
	}
	return Runtime{Dist: files("engine.wasm", "edge/app.wasm", "edge/worker.mjs", "edge/runtime.mjs", "edge/wasm_exec.js"), SIMD: []byte("s"), Relaxed: []byte("r"),
		JS: files("engine.mjs", "errors.mjs", "kernels.mjs", "wasi.mjs"), Edge: files("entry.mjs", "keeper.mjs", "paged.mjs", "pieces.mjs")}
}

func newWorker(t *testing.T, where Weights) *Worker {
	t.Helper()
	large := strings.Repeat("0123456789abcdef", pieceBytes/16) + "the rest"
	model := put(t, map[string]string{"config.json": "{}", "model.safetensors": large})
	adapter := put(t, map[string]string{"adapter_config.json": "{}", "adapter_model.safetensors": "a"}) // config.json's piece, too
	w := &Worker{Name: "graft-base", Runtime: runtime(), Weights: where, Store: "models", Model: Model{Name: "base", Tasks: []string{"generate"}}, Limit: 20 << 20,
		Adapters: []Adapter{{Name: "finance", PEFTType: "LORA", TaskType: "SEQ_CLS", Labels: []string{"负面", "正面"}}}, Plan: Plan{Weights: 5 << 20, Engine: 3 << 20}, DevKey: "k"}
	var err error
	if w.Model.Files, err = Files(model); err == nil {
		w.Adapters[0].Files, err = Files(adapter)
	}
	if err != nil {
		t.Fatal(err)
	}
	w.planFiles()
	return w
}

func TestWrite(t *testing.T) {
	for where, pieces := range map[Weights]string{Assets: "assets", Bundle: "worker", R2: "weights", KV: "weights"} {
		t.Run(string(where), func(t *testing.T) {
			w, dir := newWorker(t, where), filepath.Join(t.TempDir(), "out")
			r, err := w.Write(dir)
			if err != nil {
				t.Fatal(err)
			}
			if r.Pieces != 4 || r.WeightBytes != pieceBytes+8+2+1 {
				t.Errorf("%d pieces of %d bytes", r.Pieces, r.WeightBytes)
			}
			text, err := os.ReadFile(filepath.Join(dir, "worker", "manifest.mjs"))
			if err != nil {
				t.Fatal(err)
			}
			var m manifest
			if err := json.Unmarshal(bytes.TrimSuffix(bytes.TrimPrefix(text, []byte("export default ")), []byte(";\n")), &m); err != nil {
				t.Fatalf("%v in %s", err, text)
			}
			if m.Catalog.Default != "finance" || m.Catalog.Base != "base" || len(m.Adapters) != 1 || m.Plan.Total != w.Plan.Total || m.Limit != w.Limit {
				t.Errorf("the manifest is %s", text)
			}
			for _, f := range append(m.Model, m.Adapters[0].Files...) {
				var whole []byte
				for _, name := range f.Pieces {
					if where == Bundle {
						name += ".bin"
					}
					piece, err := os.ReadFile(filepath.Join(dir, pieces, name))
					if err != nil {
						t.Fatal(err)
					}
					if sum := sha256.Sum256(piece); hex.EncodeToString(sum[:]) != strings.TrimSuffix(name, ".bin") {
						t.Errorf("%s has another SHA-256", name)
					}
					whole = append(whole, piece...)
				}
				if int64(len(whole)) != f.Bytes {
					t.Errorf("%s has %d bytes in pieces, expected %d", f.Name, len(whole), f.Bytes)
				}
			}
			settings, err := os.ReadFile(filepath.Join(dir, "wrangler.jsonc"))
			if err != nil || !strings.Contains(string(settings), map[Weights]string{Assets: `"run_worker_first": true`, Bundle: `**/*.bin`, R2: `"bucket_name": "models"`, KV: `"id": "models"`}[where]) {
				t.Errorf("%v: %s", err, settings)
			}
			for _, name := range []string{"README.md", "README.zh-CN.md"} {
				text, err := os.ReadFile(filepath.Join(dir, name))
				if err != nil || !strings.Contains(string(text), "/v1/classify -d") || !strings.Contains(string(text), "base:finance") || strings.Contains(string(text), "upload.sh") != (pieces == "weights") {
					t.Errorf("%s: %v\n%s", name, err, text)
				}
			}
		})
	}
}

// TestWriteAgain keeps what is the user's, and drops pieces that are no one's any more.
func TestWriteAgain(t *testing.T) {
	w, dir := newWorker(t, Assets), t.TempDir()
	old := put(t, map[string]string{"assets/old": "x", ".dev.vars": "GRAFT_API_KEYS=mine", "own.txt": "mine"})
	if err := os.CopyFS(dir, os.DirFS(old)); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "assets", "old")); err == nil {
		t.Error("a piece of an earlier build is still there")
	}
	for _, name := range []string{".dev.vars", "own.txt"} {
		if text, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !strings.HasSuffix(string(text), "mine") {
			t.Errorf("%s: %v %s", name, err, text)
		}
	}
}

func TestRefused(t *testing.T) {
	w, dir := newWorker(t, Bundle), filepath.Join(t.TempDir(), "out")
	w.Limit = w.Plan.Total - 1
	if r, err := w.Write(dir); !errors.Is(err, ErrMemory) || r.Plan.Files != pieceBytes+8+2+2+1 {
		t.Errorf("over the limit: %+v, %v", r, err)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("a Worker that does not fit was written")
	}
	w.Runtime = Runtime{}
	if err := w.Runtime.Check(); !errors.Is(err, ErrNoRuntime) {
		t.Errorf("without a runtime: %v", err)
	}
}
