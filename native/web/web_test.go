package web

import (
	"context"
	"encoding/json"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

func site(t *testing.T) *Site {
	t.Helper()
	s, err := New(Options{
		Files: Files{Folders: []fs.FS{
			fstest.MapFS{"index.html": {Data: []byte("<!doctype html>")}, "page.mjs": {Data: []byte("1")}, "sw.mjs": {Data: []byte("2")}, "page.go": {Data: []byte("package page")}},
			fstest.MapFS{"page.mjs": {Data: []byte("hidden")}, "engine.wasm": {Data: []byte("raw")}, "engine.wasm.br": {Data: []byte("br")}},
		}, Data: map[string][]byte{"kernels_simd.wasm": []byte("kernels")}},
		Models: []Model{{
			Listing:    Listing{"m", fstest.MapFS{"config.json": {Data: []byte("{}")}, "model.safetensors": {Data: []byte("0123456789")}}, []string{"config.json", "model.safetensors"}},
			LoadIn4Bit: true,
			Adapters:   []Listing{{"a", fstest.MapFS{"adapter_config.json": {Data: []byte("[]")}}, []string{"adapter_config.json"}}},
		}},
		Hosts: []string{"graft.test"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAnswers(t *testing.T) {
	s := site(t)
	for _, test := range []struct {
		name, method, path, host string
		header                   map[string]string
		status                   int
		kind, encoding, body     string
	}{
		{name: "page", path: "/", status: 200, kind: "text/html; charset=utf-8", body: "<!doctype html>"},
		{name: "module, of the first place", path: "/page.mjs", status: 200, kind: "text/javascript; charset=utf-8", body: "1"},
		{name: "wasm", path: "/engine.wasm", status: 200, kind: "application/wasm", body: "raw"},
		{name: "data", path: "/kernels_simd.wasm", status: 200, kind: "application/wasm", body: "kernels"},
		{name: "compressed", path: "/engine.wasm", header: map[string]string{"Accept-Encoding": "gzip, br"}, status: 200, kind: "application/wasm", encoding: "br", body: "br"},
		{name: "not compressed for who refuses", path: "/engine.wasm", header: map[string]string{"Accept-Encoding": "br;q=0"}, status: 200, kind: "application/wasm", body: "raw"},
		{name: "a range", path: "/models/0/model.safetensors", header: map[string]string{"Range": "bytes=4-"}, status: 206, kind: "application/octet-stream", body: "456789"},
		{name: "after the end", path: "/models/0/model.safetensors", header: map[string]string{"Range": "bytes=10-"}, status: 416},
		{name: "adapter", path: "/models/0/adapters/0/adapter_config.json", status: 200, kind: "application/json", body: "[]"},
		{name: "source", path: "/page.go", status: 404},
		{name: "above", path: "/../page.go", status: 404},
		{name: "write", method: "POST", path: "/", status: 405},
		{name: "another host", path: "/", host: "evil.example", status: 421},
		{name: "this host", path: "/", host: "localhost:80", status: 200, kind: "text/html; charset=utf-8", body: "<!doctype html>"},
		{name: "a given host", path: "/", host: "graft.test", status: 200, kind: "text/html; charset=utf-8", body: "<!doctype html>"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			r.URL.Path, r.Host = test.path, "127.0.0.1:8017"
			if test.method != "" {
				r.Method = test.method
			}
			if test.host != "" {
				r.Host = test.host
			}
			for name, value := range test.header {
				r.Header.Set(name, value)
			}
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			if w.Code != test.status {
				t.Fatalf("status %d, expected %d: %s", w.Code, test.status, w.Body)
			}
			for name, value := range headers {
				if name != "Cache-Control" && w.Header().Get(name) != value { // errors are not to be kept at all
					t.Errorf("%s is %q, expected %q", name, w.Header().Get(name), value)
				}
			}
			if test.status >= 300 {
				return
			}
			if got := w.Header().Get("Content-Type"); got != test.kind {
				t.Errorf("type %q, expected %q", got, test.kind)
			}
			if got := w.Header().Get("Content-Encoding"); got != test.encoding {
				t.Errorf("encoding %q, expected %q", got, test.encoding)
			}
			if w.Body.String() != test.body {
				t.Errorf("body %q, expected %q", w.Body, test.body)
			}
		})
	}
}

func TestLists(t *testing.T) {
	s := site(t)
	var shell struct {
		Version      string
		Files, Fresh []string
	}
	if err := json.Unmarshal(s.pages[shellName].data, &shell); err != nil {
		t.Fatal(err)
	}
	if want := []string{"./", "engine.wasm", "kernels_simd.wasm", "page.mjs"}; len(shell.Version) != 16 || !equal(shell.Files, want) || !equal(shell.Fresh, []string{modelsName}) {
		t.Errorf("shell %+v, expected the files %v", shell, want)
	}
	var models struct{ Models []listedModel }
	if err := json.Unmarshal(s.pages[modelsName].data, &models); err != nil {
		t.Fatal(err)
	}
	m := models.Models[0]
	const digits = "84d89877f0d4041efb6bf91a16f0248f2fd573e6af05c19f96bedb9f882f7882" // sha256sum of 0123456789
	if w := (listedFile{"model.safetensors", "models/0/model.safetensors", 10, digits}); m.Files[1] != w || !m.LoadIn4Bit || m.Adapters[0].Files[0].URL != "models/0/adapters/0/adapter_config.json" {
		t.Errorf("models %+v, expected %+v among the files", m, w)
	}
}

func equal(a, b []string) bool {
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return string(x) == string(y)
}

func TestServesAndWrites(t *testing.T) {
	s, ctx := site(t), t.Context()
	folder := t.TempDir()
	if err := s.Write(folder); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(folder, "models", "0", "model.safetensors"))
	if err != nil || string(b) != "0123456789" {
		t.Errorf("written: %q, %v", b, err)
	}
	serving, stop := context.WithCancel(ctx)
	at, ended := make(chan string, 1), make(chan error, 1)
	go func() { ended <- Serve(serving, "127.0.0.1:0", s, func(url string) { at <- url }) }()
	answer, err := http.Get(<-at + "shell.json")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if b, err := io.ReadAll(answer.Body); err != nil || string(b) != string(s.pages[shellName].data) {
		t.Errorf("%s, %v", b, err)
	}
	stop()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Error("it does not stop")
	}
}

func TestWithoutRuntime(t *testing.T) {
	_, err := New(Options{Files: Files{Folders: []fs.FS{fstest.MapFS{"index.html": {}}}}})
	if err == nil || !strings.Contains(err.Error(), "./build.sh build") {
		t.Errorf("%v does not tell how to build the runtime", err)
	}
}
