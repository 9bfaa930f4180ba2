// Command web measures the runtime of a page beside wllama and transformers.js, by turns in one headless Chromium, and
// beside this machine's own kernels: ./build.sh bench web --model FILE.gguf [--onnx FOLDER] [--adapter DIR].
//
// Every run is a tab, and so a process, of its own, which loads the model from the browser's storage, writes a little, and is
// then timed while it reads a prompt and writes after it. Prompts differ from run to run, so that no cache helps.
package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/systeminfo"
	"github.com/chromedp/chromedp"

	"graft/kernels/wasm"
	"graft/native/cli"
	"graft/native/cpu"
	"graft/native/mmap"
	"graft/native/web"
	"graft/shared/api"
	"graft/shared/device"
	"graft/wasm/dist"
	"graft/wasm/js"
)

// The peers, as npm has them.
var packages = []string{"@wllama/wllama@3.8.1", "@huggingface/transformers@4.3.1"}

//go:embed bench.mjs
var script []byte

type options struct {
	model, onnx, adapter, npm, base, only string
	rounds, tokens, words                 int
	sizes                                 bool
}

// result is one run, as the page tells it.
type result struct {
	Note         string  `json:"note"`
	LoadMS       float64 `json:"load_ms"`
	FirstTokenMS float64 `json:"first_token_ms"` // from before loading
	PromptTokens int     `json:"prompt_tokens"`
	Prefill      float64 `json:"prefill"` // tokens/s
	Decode       float64 `json:"decode"`  // tokens/s
	Memory       float64 `json:"memory"`  // bytes of WebAssembly memories
	Isolated     bool    `json:"isolated"`
	resident     float64 // peak of the tab's process, bytes
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var o options
	f := flag.NewFlagSet("bench web", flag.ExitOnError)
	f.StringVar(&o.model, "model", "", "GGUF file that graft, wllama and the native kernels run")
	f.StringVar(&o.onnx, "onnx", "", "folder with config.json, tokenizer.json and onnx/model_q4.onnx of the same model, for transformers.js (README says how it is made)")
	f.StringVar(&o.adapter, "adapter", "", "adapter of examples/finance/base, for the times of changing adapters")
	f.StringVar(&o.npm, "npm", ".cache/bench/npm", "where the peers' packages are, or are put")
	f.StringVar(&o.base, "base", "examples/finance/base", "base of the adapter")
	f.StringVar(&o.only, "only", "graft,wllama,transformers", "programs that run in the page")
	f.BoolVar(&o.sizes, "sizes", false, "print what a page downloads of the runtime by brotli -11, which takes a minute, and nothing else")
	f.IntVar(&o.rounds, "rounds", 3, "times that every program runs, by turns")
	f.IntVar(&o.tokens, "tokens", 48, "tokens to write")
	f.IntVar(&o.words, "words", 200, "words of the prompt")
	f.Parse(os.Args[1:])
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "bench web:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	if o.sizes {
		return sizes()
	}
	if o.model == "" && o.adapter == "" {
		return fmt.Errorf("--model names no GGUF file")
	}
	if err := install(ctx, o.npm); err != nil {
		return err
	}
	server, err := newServer(o)
	if err != nil {
		return err
	}
	at := make(chan string, 1)
	go web.Serve(ctx, "127.0.0.1:0", server, func(url string) { at <- url })
	url := <-at
	b, stop, err := browser(ctx)
	if err != nil {
		return err
	}
	defer stop()
	if o.adapter != "" {
		var times map[string]float64
		if _, err := tab(b, url, "swap()", &times); err != nil {
			return err
		}
		fmt.Printf("adapter: from OPFS %.1f ms, resident %.2f ms, classification %.1f ms (medians)\n", times["added_ms"], times["resident_ms"], times["classify_ms"])
	}
	if o.model == "" {
		return nil
	}
	names := strings.Split(o.only, ",")
	if o.onnx == "" {
		names = slices.DeleteFunc(names, func(n string) bool { return n == "transformers" })
	}
	all := map[string][]result{}
	for round := range o.rounds + 1 { // the first fills the browser's storage, and is left out
		for _, threads := range []int{1, 2} {
			for _, name := range names {
				server.reset()
				r, err := page(b, url, o, name, threads, round)
				key := fmt.Sprintf("%s, %d", name, threads)
				if err != nil {
					fmt.Printf("round %d %s: %v\n", round, key, err)
					continue
				}
				if round == 0 {
					fmt.Printf("cold %s: %.1f MB downloaded, load %.0f ms (%s, isolated %v, %d tokens)\n", key, float64(server.sent())/1e6, r.LoadMS, r.Note, r.Isolated, r.PromptTokens)
					continue
				}
				all[key] = append(all[key], r)
				fmt.Printf("round %d %s: prefill %.1f, decode %.1f tokens/s, load %.0f ms, first token %.0f ms, WASM %.0f MB, process %.0f MB\n", round, key, r.Prefill, r.Decode, r.LoadMS, r.FirstTokenMS, r.Memory/1e6, r.resident/1e6)
			}
			if round > 0 {
				r, err := native(ctx, o, threads, round)
				if err != nil {
					return err
				}
				key := fmt.Sprintf("native, %d", threads)
				all[key] = append(all[key], r)
				fmt.Printf("round %d %s: prefill %.1f, decode %.1f tokens/s\n", round, key, r.Prefill, r.Decode)
			}
		}
	}
	table(all)
	return nil
}

// prompt is the round's own text; its first word differs, so that nothing of it is in a cache.
func prompt(round, words int) string {
	list := strings.Fields("the company said that revenue rose in the third quarter because more people bought its products while costs fell and the market expected less")
	var b strings.Builder
	fmt.Fprintf(&b, "%d", round*7919+13)
	for i := range words {
		b.WriteString(" " + list[(i*i+i*round+i)%len(list)])
	}
	return b.String()
}

// table prints medians and ratios.
func table(all map[string][]result) {
	middle := func(key string, of func(result) float64) float64 {
		v := make([]float64, 0, len(all[key]))
		for _, r := range all[key] {
			v = append(v, of(r))
		}
		if len(v) == 0 {
			return 0
		}
		slices.Sort(v)
		return v[len(v)/2]
	}
	fmt.Println("\n| program, threads | prefill tokens/s | of native | decode tokens/s | of native | load ms | first token ms, warm | process MB |\n|---|---|---|---|---|---|---|---|")
	for _, key := range slices.Sorted(maps.Keys(all)) {
		_, threads, _ := strings.Cut(key, ", ")
		p, d := middle(key, func(r result) float64 { return r.Prefill }), middle(key, func(r result) float64 { return r.Decode })
		own := "native, " + threads
		fmt.Printf("| %s | %.1f | %.2f | %.1f | %.2f | %.0f | %.0f | %.0f |\n", key, p, p/middle(own, func(r result) float64 { return r.Prefill }), d, d/middle(own, func(r result) float64 { return r.Decode }),
			middle(key, func(r result) float64 { return r.LoadMS }), middle(key, func(r result) float64 { return r.FirstTokenMS }), middle(key, func(r result) float64 { return r.resident })/1e6)
	}
}

// sizes prints what a page downloads of the runtime, by brotli.
func sizes() error {
	measure := func(b []byte) int {
		var out bytes.Buffer
		w := brotli.NewWriterOptions(&out, brotli.WriterOptions{Quality: 11, LGWin: 24})
		w.Write(b)
		w.Close()
		return out.Len()
	}
	engine, err := fs.ReadFile(dist.FS(), web.EngineName)
	if err != nil {
		return err
	}
	modules := 0
	names, _ := fs.Glob(js.Runtime(), "*.mjs")
	for _, name := range names {
		b, _ := fs.ReadFile(js.Runtime(), name)
		modules += measure(b)
	}
	e, k := measure(engine), measure(wasm.RelaxedThreads)
	fmt.Printf("runtime by brotli -11: engine %d, kernels (relaxed, threads) %d, modules %d, all %d bytes\n", e, k, modules, e+k+modules)
	return nil
}

// install brings the peers' packages from npm.
func install(ctx context.Context, folder string) error {
	if _, err := os.Stat(filepath.Join(folder, "node_modules", "@wllama", "wllama")); err == nil {
		return nil
	}
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return err
	}
	c := exec.CommandContext(ctx, "npm", append([]string{"install", "--prefix", folder, "--no-audit", "--no-fund", "--ignore-scripts"}, packages...)...)
	c.Stderr = os.Stderr
	return c.Run()
}

// server serves the site of graft in /graft/, npm packages, the model and the ONNX folder, and counts bytes.
type server struct {
	http.ServeMux
	mu    sync.Mutex
	bytes int64
}

func newServer(o options) (*server, error) {
	files := web.Files{Folders: []fs.FS{js.Runtime()}, Engine: dist.FS(), Data: map[string][]byte{
		"kernels_simd.wasm": wasm.SIMD, "kernels_relaxed.wasm": wasm.Relaxed, "kernels_simd_mt.wasm": wasm.SIMDThreads, "kernels_relaxed_mt.wasm": wasm.RelaxedThreads,
	}}
	var models []web.Model
	if o.adapter != "" {
		models = []web.Model{{Listing: web.Listing{Name: "base", FS: mmap.FS(o.base), Files: []string{"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"}}, LoadIn4Bit: true,
			Adapters: []web.Listing{{Name: "a", FS: mmap.FS(o.adapter), Files: []string{"adapter_config.json", "adapter_model.safetensors", "graft.json"}}}}}
	}
	site, err := web.New(web.Options{Files: files, Models: models})
	if err != nil {
		return nil, err
	}
	s := &server{}
	s.Handle("/graft/", http.StripPrefix("/graft", site))
	s.Handle("/npm/", http.StripPrefix("/npm/", http.FileServer(http.Dir(filepath.Join(o.npm, "node_modules")))))
	s.Handle("/onnx/", http.StripPrefix("/onnx/model/", http.FileServer(http.Dir(o.onnx))))
	s.HandleFunc("/model.gguf", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, o.model) })
	s.HandleFunc("/bench.mjs", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		w.Write(script)
	})
	s.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Write([]byte(`<!doctype html><script type="module" src="/bench.mjs"></script>`))
	})
	return s, nil
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for name, value := range map[string]string{"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp"} {
		w.Header().Set(name, value)
	}
	s.ServeMux.ServeHTTP(&counted{w, s}, r)
}

type counted struct {
	http.ResponseWriter
	s *server
}

func (c *counted) Write(b []byte) (int, error) {
	c.s.mu.Lock()
	c.s.bytes += int64(len(b))
	c.s.mu.Unlock()
	return c.ResponseWriter.Write(b)
}

func (s *server) reset() {
	s.mu.Lock()
	s.bytes = 0
	s.mu.Unlock()
}

func (s *server) sent() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bytes
}

// browser starts a Chromium with an empty profile.
func browser(ctx context.Context) (context.Context, context.CancelFunc, error) {
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.DisableGPU, chromedp.Flag("disable-quic", true), chromedp.WSURLReadTimeout(2*time.Minute))
	parent, end := chromedp.NewExecAllocator(ctx, opts...)
	b, stop := chromedp.NewContext(parent, chromedp.WithErrorf(func(string, ...any) {}))
	return b, func() { stop(); end() }, chromedp.Run(b)
}

// page measures one program in a tab.
func page(b context.Context, url string, o options, name string, threads, round int) (r result, err error) {
	model := "model.gguf"
	if name == "transformers" {
		model = "model"
	}
	ask, err := json.Marshal(map[string]any{"engine": name, "threads": threads, "model": model, "prompt": prompt(round*2+threads, o.words), "tokens": o.tokens})
	if err != nil {
		return r, err
	}
	peak, err := tab(b, url, "run("+string(ask)+")", &r)
	r.resident = peak
	return r, err
}

// tab evaluates a promise in a new tab, and tells the peak of the largest process of a tab meanwhile.
func tab(b context.Context, url, expression string, into any) (float64, error) {
	ctx, stop := chromedp.NewContext(b)
	defer stop()
	if err := chromedp.Run(ctx, chromedp.Navigate(url)); err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	var raw string
	code := fmt.Sprintf(`(async () => { while (!globalThis.run) await new Promise((r) => setTimeout(r, 20)); return await %s; })().then((v) => JSON.stringify(v), (e) => JSON.stringify({error: String(e?.stack ?? e)}))`, expression)
	if err := chromedp.Run(ctx, chromedp.Evaluate(code, &raw, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) })); err != nil {
		return 0, err
	}
	var problem struct{ Error string }
	if json.Unmarshal([]byte(raw), &problem); problem.Error != "" {
		return 0, fmt.Errorf("in the page: %s", problem.Error)
	}
	return peakOf(b), json.Unmarshal([]byte(raw), into)
}

// peakOf is the largest peak of resident memory among the browser's tabs, in bytes; 0 where the system does not tell.
func peakOf(b context.Context) (peak float64) {
	var pids []*systeminfo.ProcessInfo
	chromedp.Run(b, chromedp.ActionFunc(func(ctx context.Context) (err error) {
		pids, err = systeminfo.GetProcessInfo().Do(cdp.WithExecutor(ctx, chromedp.FromContext(ctx).Browser))
		return err
	}))
	for _, p := range pids {
		if p.Type != "renderer" {
			continue
		}
		status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.ID))
		if _, rest, ok := strings.Cut(string(status), "VmHWM:"); ok {
			kb, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			peak = max(peak, kb*1024)
		}
	}
	return peak
}

// native measures this machine's own kernels on the same prompt.
func native(ctx context.Context, o options, threads, round int) (r result, err error) {
	var out, said bytes.Buffer
	host := cli.Host{
		OpenDevice: func(n int) (device.Device, error) { return cpu.Open(cpu.Options{Threads: n}) },
		Stdin:      strings.NewReader(""), Stdout: &out, Stderr: &said, Getenv: os.Getenv,
	}
	code := host.Run(ctx, []string{"generate", "--json", "--model", o.model, "--threads", fmt.Sprint(threads), "--max-new-tokens", fmt.Sprint(o.tokens), "--prompt", prompt(round*2+threads, o.words)})
	if code != 0 {
		return r, fmt.Errorf("native: %s", said.String())
	}
	var last api.Generation
	for line := range bytes.Lines(out.Bytes()) {
		var g api.Generation
		if json.Unmarshal(line, &g) == nil && g.PromptTokens > 0 {
			last = g
		}
	}
	if last.PromptTokens == 0 {
		return r, fmt.Errorf("native: no generation in %s", out.String())
	}
	return result{PromptTokens: last.PromptTokens, Prefill: 1000 * float64(last.PromptTokens) / last.FirstTokenMS, Decode: last.TokensPerSecond}, nil
}
