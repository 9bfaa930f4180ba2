package parity

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"

	"graft/native/bench/workerd"
	"graft/shared/api"
)

// workerdEntry is the engine behind HTTP: PUT /N gives it a file of that number, POST / a request.
//
//go:embed workerd.mjs
var workerdEntry string

// Workerd is the engine's module in Cloudflare's runtime, as edge workers have it.
func Workerd(_ context.Context, root string) (Host, error) {
	engine, err := enginePath(root)
	if err != nil {
		return nil, err
	}
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		return nil, absent("workerd for %s/%s", runtime.GOOS, runtime.GOARCH)
	}
	program, err := workerd.Find(root)
	if err != nil {
		return nil, absent("workerd")
	}
	w := workerd.Worker{Modules: []workerd.Module{{Name: "entry.mjs", Text: workerdEntry}, {Name: "engine.wasm", Path: engine}}}
	for _, name := range []string{"kernels_simd.wasm", "kernels_relaxed.wasm"} {
		w.Modules = append(w.Modules, workerd.Module{Name: name, Path: filepath.Join(root, "kernels", "wasm", name)})
	}
	for _, name := range []string{"engine.mjs", "errors.mjs", "kernels.mjs", "source.mjs", "wasi.mjs"} {
		w.Modules = append(w.Modules, workerd.Module{Name: name, Path: filepath.Join(root, "wasm", "js", name)})
	}
	p, err := workerd.Start(program, w)
	if err != nil {
		return nil, err
	}
	return &inWorkerd{Process: p}, nil
}

type inWorkerd struct {
	*workerd.Process
	files int32
}

func (h *inWorkerd) send(method, path string, body []byte) ([]byte, error) {
	r, err := http.NewRequest(method, h.URL+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer a.Body.Close()
	b, err := io.ReadAll(a.Body)
	if err == nil && a.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", a.Status, b)
	}
	return b, err
}

// Directory sends the files of a directory.
func (h *inWorkerd) Directory(path string) ([]api.File, error) {
	var all []api.File
	for _, f := range listed(path) {
		data, err := os.ReadFile(f)
		if err == nil {
			_, err = h.send("PUT", fmt.Sprintf("/%d", h.files), data)
		}
		if err != nil {
			return nil, err
		}
		all = append(all, api.File{Name: filepath.Base(f), ID: h.files})
		h.files++
	}
	return all, nil
}

func (h *inWorkerd) Answer(_ context.Context, request []byte) []byte {
	b, err := h.send("POST", "/", request)
	if err != nil {
		b, _ = json.Marshal(api.Answer{Protocol: api.Protocol, Error: api.Errorf(api.Crashed, "workerd: %w", err)})
	}
	return b
}
