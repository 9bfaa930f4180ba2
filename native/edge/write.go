package edge

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"

	"graft/native/store"
)

// Report is what was written.
type Report struct {
	Folder      string `json:"output_dir"`
	ScriptBytes int64  `json:"script_bytes"` // the Worker's modules, without weights
	ScriptGzip  int64  `json:"script_gzip_bytes"`
	WeightBytes int64  `json:"weight_bytes"`
	Pieces      int    `json:"pieces"`
	Limit       int64  `json:"memory_limit"`
	Plan        Plan   `json:"memory_plan"`
}

// ErrMemory is of a Worker whose plan is over its limit.
var ErrMemory = errors.New("more memory than the Worker has")

// ErrNoRuntime is of a graft that was built without what the edge needs.
var ErrNoRuntime = errors.New("this graft was built without the web runtime: build it with ./build.sh build")

// Check reports what the runtime lacks.
func (r Runtime) Check() error {
	_, err := r.modules()
	return err
}

// modules gives the Worker's own files by their names in the folder worker.
func (r Runtime) modules() (map[string][]byte, error) {
	if r.Dist == nil {
		return nil, ErrNoRuntime
	}
	files := map[string][]byte{"kernels_simd.wasm": r.SIMD, "kernels_relaxed.wasm": r.Relaxed}
	for _, from := range []struct {
		fsys  fs.FS
		names []string
	}{
		{r.Dist, []string{"engine.wasm", "edge/app.wasm", "edge/worker.mjs", "edge/runtime.mjs", "edge/wasm_exec.js"}},
		{r.JS, []string{"engine.mjs", "errors.mjs", "kernels.mjs", "wasi.mjs"}},
		{r.Edge, []string{"entry.mjs", "keeper.mjs", "paged.mjs", "pieces.mjs"}},
	} {
		for _, name := range from.names {
			data, err := fs.ReadFile(from.fsys, name)
			if err != nil {
				return nil, fmt.Errorf("%w: %w", ErrNoRuntime, err)
			}
			files[path.Base(name)] = data
		}
	}
	return files, nil
}

// ours are the parts of a folder that a later build replaces. Others are the user's.
var ours = []string{"worker", "assets", "weights"}

// Write makes the folder. A folder that is there is replaced part by part: what Write made, not what the user added.
func (w *Worker) Write(dir string) (*Report, error) {
	if err := w.Check(); err != nil {
		return nil, err
	}
	modules, err := w.Runtime.modules()
	if err != nil {
		return nil, err
	}
	r := &Report{Folder: dir, Limit: w.Limit}
	if r.Plan = w.Plan; w.Plan.Total > w.Limit {
		return r, ErrMemory
	}
	for _, name := range ours {
		if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
			return nil, err
		}
	}
	m, cut, err := w.cut(dir)
	if err != nil {
		return nil, err
	}
	r.WeightBytes, r.Pieces = cut.bytes, len(cut.names)
	files, err := w.texts(m, cut.names)
	if err != nil {
		return nil, err
	}
	for name, data := range modules {
		files["worker/"+name] = data
	}
	for name, data := range files {
		if path.Dir(name) == "worker" {
			r.ScriptBytes += int64(len(data))
			n, err := gzipped(data)
			if err != nil {
				return nil, err
			}
			r.ScriptGzip += n
		}
		if name == ".dev.vars" && exists(filepath.Join(dir, name)) {
			continue // the user's keys
		}
		if err := store.WriteFile(filepath.Join(dir, filepath.FromSlash(name)), func(out io.Writer) error {
			_, err := out.Write(data)
			return err
		}); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// planFiles adds to the plan what is held of files: two pieces while weights are read, or all of them in a bundle.
func (w *Worker) planFiles() {
	p := &w.Plan
	for _, files := range w.files() {
		for _, f := range files {
			p.Files += f.Size
		}
	}
	if w.Weights != Bundle {
		p.Files = min(p.Files, 2*pieceBytes)
	}
	p.Total = p.Weights + p.Adapters + p.Cache + p.Activations + p.Scratch + p.Engine + p.Files
}

// files are the model's, then those of each adapter.
func (w *Worker) files() [][]File {
	all := [][]File{w.Model.Files}
	for _, a := range w.Adapters {
		all = append(all, a.Files)
	}
	return all
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// gzipped is how many bytes data has when Cloudflare stores it.
func gzipped(data []byte) (int64, error) {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.DefaultCompression)
	if err != nil {
		return 0, err
	}
	_, err = z.Write(data)
	if err == nil {
		err = z.Close()
	}
	return int64(b.Len()), err
}

// manifest is what the Worker knows of itself; ../../wasm/edge/js/keeper.mjs reads it.
type manifest struct {
	Catalog  catalog          `json:"catalog"`
	Weights  Weights          `json:"weights"`
	Piece    int              `json:"pieceBytes"`
	Model    []listed         `json:"model"`
	Adapters []manifestListed `json:"adapters"`
	Open     Open             `json:"open"`
	Limit    int64            `json:"memoryLimit"`
	Plan     Plan             `json:"plan"`
}

type manifestListed struct {
	Name  string   `json:"name"`
	Files []listed `json:"files"`
}

// catalog is edge.Catalog of the Worker's Go program.
type catalog struct {
	Base     string    `json:"base"`
	Adapters []Adapter `json:"adapters"`
	Default  string    `json:"default_adapter,omitempty"`
	Built    int64     `json:"built"`
	Tasks    []string  `json:"tasks"`
	Weights  Weights   `json:"weights"`
	Limit    int64     `json:"memory_limit"`
	Plan     Plan      `json:"memory_plan"`
}

// cut writes the pieces of all files and lists them.
func (w *Worker) cut(dir string) (*manifest, *cutter, error) {
	c := &cutter{dir: filepath.Join(dir, "assets"), seen: map[string]bool{}}
	switch w.Weights {
	case Bundle:
		c.dir, c.suffix = filepath.Join(dir, "worker"), ".bin"
	case R2, KV:
		c.dir = filepath.Join(dir, "weights")
	}
	m := &manifest{Weights: w.Weights, Piece: pieceBytes, Open: w.Open, Limit: w.Limit, Adapters: []manifestListed{},
		Plan: w.Plan, Catalog: catalog{Base: w.Model.Name, Adapters: slices.Clone(w.Adapters), Built: w.Built, Tasks: w.Model.Tasks, Weights: w.Weights, Limit: w.Limit, Plan: w.Plan}}
	if len(w.Adapters) > 0 {
		m.Catalog.Default = w.Adapters[0].Name
	}
	var err error
	if m.Model, err = c.cutAll(w.Model.Files); err != nil {
		return nil, nil, err
	}
	for _, a := range w.Adapters {
		files, err := c.cutAll(a.Files)
		if err != nil {
			return nil, nil, fmt.Errorf("adapter %s: %w", a.Name, err)
		}
		m.Adapters = append(m.Adapters, manifestListed{a.Name, files})
	}
	return m, c, nil
}

// texts are the files of the folder that are written anew for each Worker.
func (w *Worker) texts(m *manifest, pieces []string) (map[string][]byte, error) {
	asModule := func(v any) ([]byte, error) {
		b, err := json.Marshal(v)
		return slices.Concat([]byte("export default "), b, []byte(";\n")), err
	}
	files := map[string][]byte{".dev.vars": []byte(keysSecret + "=" + w.DevKey + "\n"), ".gitignore": []byte(".dev.vars\n.wrangler/\nnode_modules/\n")}
	var err error
	if files["worker/manifest.mjs"], err = asModule(m); err != nil {
		return nil, err
	}
	files["worker/bundled.mjs"] = []byte(bundled(w.Weights, pieces))
	if files["wrangler.jsonc"], err = json.MarshalIndent(w.settings(), "", "\t"); err != nil {
		return nil, err
	}
	if files["package.json"], err = json.MarshalIndent(map[string]any{
		"name": w.Name, "private": true, "type": "module", "devDependencies": map[string]string{"wrangler": WranglerVersion}}, "", "\t"); err != nil {
		return nil, err
	}
	if w.Weights == R2 || w.Weights == KV {
		files["weights/upload.sh"] = []byte(w.upload(pieces))
	}
	for name, t := range map[string]string{"README.md": readmeEN, "README.zh-CN.md": readmeZH} {
		if files[name], err = w.readme(t); err != nil {
			return nil, err
		}
	}
	return files, nil
}
