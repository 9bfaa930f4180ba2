package parity

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"

	"graft/shared/api"
)

//go:embed page
var page embed.FS

// patience is how long one answer of a browser may take on a machine that does other things too.
const patience = 2 * time.Minute

// Chromium is the engine's module in a Worker of headless Chromium, on that many threads, by the runtime of wasm/js.
func Chromium(ctx context.Context, root string, threads int) (Host, error) {
	engine, err := enginePath(root)
	if err != nil {
		return nil, err
	}
	path, err := browserPath()
	if err != nil {
		return nil, err
	}
	b := &browser{server: httptest.NewUnstartedServer(nil)}
	b.server.Config.Handler = b.handler(root, engine)
	b.server.Start()
	b.stop = append(b.stop, b.server.Close)
	err = b.begin(ctx, path)
	if err == nil {
		err = b.tell(map[string]int{"threads": threads})
	}
	if err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}

func browserPath() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			return p, nil
		}
	}
	return "", absent("chromium")
}

// browser is a page that passes lines to a Worker.
type browser struct {
	server *httptest.Server
	tab    context.Context
	stop   []func()
	paths  []string // of files, by number
}

// handler serves the page, the runtime and the files that were named, isolated so that Workers may share memory.
func (b *browser) handler(root, engine string) http.Handler {
	mux := http.NewServeMux()
	file := func(path string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, path) }
	}
	mux.Handle("GET /", http.FileServer(http.Dir(filepath.Join(root, "wasm", "js"))))
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { http.ServeFileFS(w, r, page, "page/index.html") })
	mux.HandleFunc("GET /parity.mjs", func(w http.ResponseWriter, r *http.Request) { http.ServeFileFS(w, r, page, "page/parity.mjs") })
	mux.HandleFunc("GET /engine.wasm", file(engine))
	for _, kernels := range []string{"simd", "relaxed", "simd_mt", "relaxed_mt"} {
		name := "kernels_" + kernels + ".wasm"
		mux.HandleFunc("GET /"+name, file(filepath.Join(root, "kernels", "wasm", name)))
	}
	mux.HandleFunc("GET /files/{number}", func(w http.ResponseWriter, r *http.Request) {
		var n int
		if _, err := fmt.Sscan(r.PathValue("number"), &n); err != nil || n < 0 || n >= len(b.paths) {
			http.NotFound(w, r)
			return
		}
		http.ServeFile(w, r, b.paths[n])
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cross-Origin-Opener-Policy", "same-origin")
		w.Header().Set("Cross-Origin-Embedder-Policy", "require-corp")
		mux.ServeHTTP(w, r)
	})
}

// begin opens the page.
func (b *browser) begin(ctx context.Context, path string) error {
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.WSURLReadTimeout(patience))
	parent, end := chromedp.NewExecAllocator(ctx, options...)
	b.stop = append(b.stop, end)
	quiet := chromedp.WithErrorf(func(string, ...any) {}) // it does not know events that newer browsers have
	parent, end = chromedp.NewContext(parent, quiet)
	b.stop = append(b.stop, end)
	var id target.ID
	err := chromedp.Run(parent, chromedp.ActionFunc(func(ctx context.Context) (err error) {
		id, err = target.CreateTarget("about:blank").WithNewWindow(true).Do(cdp.WithExecutor(ctx, chromedp.FromContext(ctx).Browser))
		return err
	}))
	if err != nil {
		return err
	}
	b.tab, end = chromedp.NewContext(parent, chromedp.WithTargetID(id))
	b.stop = append(b.stop, end)
	return chromedp.Run(b.tab, chromedp.Navigate(b.server.URL), chromedp.Poll("globalThis.answer !== undefined", nil))
}

// line passes a line to the Worker.
func (b *browser) line(request []byte) (answer string, err error) {
	quoted, err := json.Marshal(string(request))
	if err != nil {
		return "", err
	}
	ctx, stop := context.WithTimeout(b.tab, patience)
	defer stop()
	err = chromedp.Run(ctx, chromedp.Evaluate("answer("+string(quoted)+")", &answer,
		func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
	return answer, err
}

// tell passes on a line that is no request.
func (b *browser) tell(v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	out, err := b.line(line)
	if err != nil {
		return err
	}
	var a api.Answer
	if err := json.Unmarshal([]byte(out), &a); err != nil || a.Error != nil {
		return fmt.Errorf("the page answered %s", out)
	}
	return nil
}

func (b *browser) Directory(path string) ([]api.File, error) {
	var all []api.File
	urls := map[string]string{}
	for _, p := range listed(path) {
		n := len(b.paths)
		b.paths = append(b.paths, p)
		all = append(all, api.File{Name: filepath.Base(p), ID: int32(n)})
		urls[fmt.Sprint(n)] = fmt.Sprintf("/files/%d", n)
	}
	return all, b.tell(map[string]any{"files": urls})
}

func (b *browser) Answer(_ context.Context, request []byte) []byte {
	out, err := b.line(request)
	if err != nil {
		a, _ := json.Marshal(api.Answer{Protocol: api.Protocol, Error: api.Errorf(api.Crashed, "the browser: %w", err)})
		return a
	}
	return []byte(out)
}

func (b *browser) Close() error {
	for i := len(b.stop) - 1; i >= 0; i-- {
		b.stop[i]()
	}
	return nil
}
