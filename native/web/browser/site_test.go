package browser_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"graft/native/cli"
	"graft/native/cpu"
	"graft/native/mmap"
	"graft/native/web"
	"graft/shared/api"
	"graft/shared/device"
	"graft/wasm/dist"
	"graft/wasm/js"
)

const example = "../../../examples/finance"

// texts are what is classified.
var texts = []string{
	"本季度公司营收同比增长20%,净利润超市场预期", "受宏观经济影响,公司核心业务板块出现15%的下滑",
	"新产品上线后用户活跃度提升30%,市场份额进一步扩大", "公司被立案调查,股价跌停",
}

// graft runs a command line on the native device.
func graft(t *testing.T, args ...string) string {
	t.Helper()
	var out, said bytes.Buffer
	host := cli.Host{
		OpenDevice: func(int) (device.Device, error) { return cpu.Open(cpu.Options{Threads: 1}) },
		Stdin:      strings.NewReader(""), Stdout: &out, Stderr: &said,
		Getenv: func(name string) string { return map[string]string{"HF_HUB_OFFLINE": "1"}[name] },
	}
	if code := host.Run(t.Context(), args); code != 0 {
		t.Fatalf("graft %s: %s", strings.Join(args, " "), said.String())
	}
	return out.String()
}

// trained are two adapters of the example's base, made in a few steps, and what the command line answers with each.
type trained struct {
	folders     [2]string
	predictions [2][]api.Prediction
}

var (
	train      sync.Once
	adapters   trained
	adapterDir string
)

// adaptersOf makes them, once.
func adaptersOf(t *testing.T) trained {
	t.Helper()
	train.Do(func() {
		for i := range adapters.folders {
			folder := filepath.Join(adapterDir, fmt.Sprintf("adapter%d", i))
			graft(t, "train", "--model", filepath.Join(example, "base"), "--train-file", filepath.Join(example, "train.csv"), "--labels", "负面,正面",
				"--max-steps", "6", "--learning-rate", "5e-3", "--max-length", "64", "--eval-strategy", "no", "--save-strategy", "no", "--seed", fmt.Sprint(i+1), "--load-in-4bit", "--output-dir", folder)
			for line := range strings.Lines(graft(t, append([]string{"predict", "--json", "--model", filepath.Join(example, "base"), "--adapter", folder}, texts...)...)) {
				var p api.Prediction
				must(t, json.Unmarshal([]byte(line), &p))
				adapters.predictions[i] = append(adapters.predictions[i], p)
			}
			adapters.folders[i] = folder
		}
	})
	if len(adapters.predictions[1]) != len(texts) {
		t.Fatal("the adapters could not be made")
	}
	return adapters
}

// newSite is the page with the example's base and the two adapters.
func newSite(t *testing.T, more map[string][]byte) *web.Site {
	t.Helper()
	a := adaptersOf(t)
	if _, err := fs.Stat(dist.FS(), web.EngineName); err != nil {
		t.Skipf("%v (./build.sh wasm)", err)
	}
	base := web.Model{
		Listing:    web.Listing{Name: "finance/base", FS: mmap.FS(filepath.Join(example, "base")), Files: []string{"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"}},
		LoadIn4Bit: true,
	}
	for i, folder := range a.folders {
		base.Adapters = append(base.Adapters, web.Listing{Name: fmt.Sprintf("adapter%d", i), FS: mmap.FS(folder), Files: []string{"adapter_config.json", "adapter_model.safetensors", "graft.json"}})
	}
	data := map[string][]byte{"blank.html": []byte("<!doctype html><title>blank</title>")}
	for name, b := range kernelFiles() {
		data[name] = b
	}
	for name, b := range more {
		data[name] = b
	}
	s, err := web.New(web.Options{Files: web.Files{Folders: []fs.FS{js.Page(), js.Runtime()}, Engine: dist.FS(), Data: data}, Models: []web.Model{base}})
	must(t, err)
	return s
}

// server serves a site at an address of its own until it is closed, with the faults of a test.
type server struct {
	*httptest.Server
	mu    sync.Mutex
	site  http.Handler
	fault func(w http.ResponseWriter, r *http.Request) http.ResponseWriter // nil: none
	sent  map[string]int64                                                 // bytes of bodies by path
}

func serve(t *testing.T, site http.Handler) *server {
	s := &server{site: site, sent: map[string]int64{}}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	site, fault := s.site, s.fault
	s.mu.Unlock()
	w = &counted{ResponseWriter: w, s: s, path: r.URL.Path}
	if fault != nil {
		w = fault(w, r)
	}
	site.ServeHTTP(w, r)
}

// set changes what is served.
func (s *server) set(site http.Handler, fault func(w http.ResponseWriter, r *http.Request) http.ResponseWriter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.site, s.fault = site, fault
}

// sentOf is the bytes that were sent of a file.
func (s *server) sentOf(path string) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sent[path]
}

type counted struct {
	http.ResponseWriter
	s    *server
	path string
}

func (c *counted) Write(b []byte) (int, error) {
	n, err := c.ResponseWriter.Write(b)
	c.s.mu.Lock()
	c.s.sent[c.path] += int64(n)
	c.s.mu.Unlock()
	return n, err
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
