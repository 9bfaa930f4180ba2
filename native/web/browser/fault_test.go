package browser_test

import (
	"context"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/chromedp"

	"graft/shared/api"
	"graft/wasm/js"
)

const weights = "/models/0/model.safetensors"

// cutting ends answers of a file early: each connection gives so many bytes of it and then breaks.
func cutting(path string, each int64) func(w http.ResponseWriter, r *http.Request) http.ResponseWriter {
	return func(w http.ResponseWriter, r *http.Request) http.ResponseWriter {
		if r.URL.Path != path || r.Method != http.MethodGet {
			return w
		}
		return &cut{w, each}
	}
}

type cut struct {
	http.ResponseWriter
	left int64
}

func (c *cut) Write(b []byte) (int, error) {
	if int64(len(b)) > c.left {
		b = b[:c.left]
	}
	n, err := c.ResponseWriter.Write(b)
	c.left -= int64(n)
	if c.left == 0 && err == nil {
		c.ResponseWriter.(interface{ Unwrap() http.ResponseWriter }).Unwrap().(http.Flusher).Flush()
		time.Sleep(300 * time.Millisecond) // a browser drops what it has not handed on when a connection breaks
		panic(http.ErrAbortHandler)
	}
	return n, err
}

func (c *counted) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// classified opens the model in a tab and compares an answer with the command line's.
func classified(t *testing.T, p *tab, options string) {
	t.Helper()
	same(t, ask[api.Prediction](p, open(options)+fmt.Sprintf(`const p = await g.classify(%q, { adapter: "adapter0" }); g.close(); return p;`, texts[0])), adaptersOf(t).predictions[0][0])
}

// TestDownloadCut breaks the connection at every tenth of the weights: the download goes on where it was cut.
func TestDownloadCut(t *testing.T) {
	_, s, p := blank(t, nil)
	const size = 7013440
	s.set(s.site, cutting(weights, size/10))
	classified(t, p, `{}`)
	if sent := s.sentOf(weights); sent < size || sent > size+size/10 {
		t.Errorf("%d bytes were sent of a file of %d", sent, size)
	}
}

// TestDownloadEnds lets a download end for good: the error says how far it came, and a later one goes on from there.
func TestDownloadEnds(t *testing.T) {
	_, s, p := blank(t, nil)
	const size = 7013440
	var once sync.Once
	s.set(s.site, func(w http.ResponseWriter, r *http.Request) http.ResponseWriter {
		if r.URL.Path != weights {
			return w
		}
		first := false
		once.Do(func() { first = true })
		if !first {
			panic(http.ErrAbortHandler)
		}
		return &cut{w, size / 2}
	})
	said := ask[failure](p, `const { open } = await import("./graft.mjs"); const [model] = (await (await fetch("models.json")).json()).models;
		try { await open({ model }); } catch (e) { return { name: e.name, code: e.code, message: e.message }; } return {};`)
	if said.Code != "not_found" || !strings.Contains(said.Message, "ask again") {
		t.Fatalf("%+v", said)
	}
	s.set(s.site, nil)
	before := s.sentOf(weights)
	classified(t, p, `{}`)
	if more := s.sentOf(weights) - before; more > size*6/10 {
		t.Errorf("of %d bytes %d were sent again after half of them had come", size, more)
	}
}

// TestCorruptedEntry spoils stored files, once by a byte and once by their end: they are found out and fetched again.
func TestCorruptedEntry(t *testing.T) {
	_, s, p := blank(t, nil)
	classified(t, p, `{}`)
	for name, spoil := range map[string]string{
		"a byte":  `const at = Math.floor(file.size / 2); await w.write({ type: "write", position: at, data: new Uint8Array([new Uint8Array(await file.slice(at, at + 1).arrayBuffer())[0] ^ 1]) });`,
		"the end": `await w.truncate(file.size - 1000);`,
	} {
		t.Run(name, func(t *testing.T) {
			q := &tab{t, p.ctx}
			ask[bool](q, `const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("models");
				const [model] = (await (await fetch("models.json")).json()).models;
				const { sha256 } = model.files.find((f) => f.name === "model.safetensors");
				const handle = await folder.getFileHandle(sha256), file = await handle.getFile();
				const w = await handle.createWritable({ keepExistingData: true }); `+spoil+` await w.close(); return true;`)
			before := s.sentOf(weights)
			classified(t, q, `{}`)
			if s.sentOf(weights) == before {
				t.Error("the spoiled file was not fetched again")
			}
			before = s.sentOf(weights)
			classified(t, q, `{}`)
			if s.sentOf(weights) != before {
				t.Error("the mended file was fetched once more")
			}
		})
	}
}

// TestQuotaExceeded gives the site less room than the model needs: the error says how much, and with more room it works.
func TestQuotaExceeded(t *testing.T) {
	_, s, p := blank(t, nil)
	quota := func(bytes float64) {
		p.run(chromedp.ActionFunc(func(ctx context.Context) error {
			return storage.OverrideQuotaForOrigin(s.URL).WithQuotaSize(bytes).Do(ctx)
		}))
	}
	quota(3e6)
	said := ask[failure](p, `const { open } = await import("./graft.mjs"); const [model] = (await (await fetch("models.json")).json()).models;
		try { await open({ model }); } catch (e) { return { name: e.name, code: e.code, message: e.message }; } return {};`)
	if said.Code != "no_space" || !strings.Contains(said.Message, "7.0 MB") || !strings.Contains(said.Message, "delete stored models") {
		t.Errorf("%+v", said)
	}
	quota(1e9)
	classified(t, p, `{}`)
}

// TestTwoTabs opens the same model in two tabs at once: it is downloaded once, and both answer.
func TestTwoTabs(t *testing.T) {
	v, s, p := blank(t, nil)
	q := v.open(s.URL + "/blank.html")
	begin := open(`{}`) + fmt.Sprintf(`return g.classify(%q, { adapter: "adapter0" });`, texts[0])
	for _, tab := range []*tab{p, q} {
		tab.run(chromedp.Evaluate(`globalThis.answer = (async () => {`+begin+`})().catch((e) => { globalThis.problem = e.message; throw e; }); 0`, nil))
	}
	for _, tab := range []*tab{p, q} {
		same(t, ask[api.Prediction](tab, `return answer;`), adaptersOf(t).predictions[0][0])
	}
	if sent := s.sentOf(weights); sent != 7013440 {
		t.Errorf("%d bytes of the weights were sent to two tabs", sent)
	}
}

// TestWorkerKilled ends the Worker from outside in the middle of a text: the call says so, and the next one opens the model anew.
func TestWorkerKilled(t *testing.T) {
	_, _, p := blank(t, nil)
	got := ask[struct {
		Said   failure
		Before int
		After  api.Prediction
	}](p, `const made = [], W = Worker; globalThis.Worker = class extends W { constructor(...a) { super(...a); made.push(this); } };`+open(`{}`)+fmt.Sprintf(`
		let before = 0;
		const said = await failure(async () => {
			for await (const text of g.promptStreaming("公司营收", { raw: true, maxTokens: 400 })) if (++before === 3) W.prototype.terminate.call(made[0]);
		});
		return { said, before, after: await g.classify(%q, { adapter: "adapter0" }) };`, texts[0]))
	if got.Said.Code != "crashed" || !strings.Contains(got.Said.Message, "ask again") || got.Before < 3 {
		t.Errorf("%+v after %d texts", got.Said, got.Before)
	}
	same(t, got.After, adaptersOf(t).predictions[0][0])
}

// TestMemoryRefused opens the model with less memory than it needs: the error tells how much that is, for one thread and for two.
func TestMemoryRefused(t *testing.T) {
	_, _, p := blank(t, nil)
	for _, threads := range []int{1, 2} {
		said := ask[failure](p, fmt.Sprintf(`const { open } = await import("./graft.mjs"); const [model] = (await (await fetch("models.json")).json()).models;
			try { await open({ model, memoryLimit: 12e6, threads: %d }); } catch (e) { return { name: e.name, code: e.code, message: e.message }; } return {};`, threads))
		if said.Code != "no_memory" || !strings.ContainsAny(said.Message, "123456789") {
			t.Errorf("%d threads: %+v", threads, said)
		}
	}
	classified(t, p, `{}`)
}

// TestNotIsolated serves the page without the headers that isolate it: there is one thread, and the page is told why.
func TestNotIsolated(t *testing.T) {
	v := newVisitor(t)
	s := serve(t, nil)
	site := newSite(t, nil)
	s.set(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		site.ServeHTTP(&bare{w}, r)
	}), nil)
	p := v.open(s.URL + "/blank.html")
	got := ask[struct {
		Threads int
		Slow    string
		Answer  api.Prediction
	}](p, open(`{threads: 4}`)+fmt.Sprintf(`return { threads: g.info.threads, slow: support().slow, answer: await g.classify(%q, { adapter: "adapter0" }) };`, texts[0]))
	if got.Threads != 1 || !strings.Contains(got.Slow, "sw.mjs") {
		t.Errorf("%d threads; %q", got.Threads, got.Slow)
	}
	same(t, got.Answer, adaptersOf(t).predictions[0][0])
	// The page itself gets isolated by its Service Worker.
	p.run(chromedp.Navigate(s.URL + "/"))
	p.until(`globalThis.crossOriginIsolated && document.documentElement.dataset.state === "ready"`)
}

// bare leaves the isolation headers out.
type bare struct{ http.ResponseWriter }

func (b *bare) WriteHeader(status int) {
	for _, name := range []string{"Cross-Origin-Opener-Policy", "Cross-Origin-Embedder-Policy", "Cross-Origin-Resource-Policy"} {
		b.Header().Del(name)
	}
	b.ResponseWriter.WriteHeader(status)
}

// TestNoRelaxedSIMD hides relaxed SIMD from the runtime, as in Safari: its probe is the longer of the two.
func TestNoRelaxedSIMD(t *testing.T) {
	worker, err := fs.ReadFile(js.Runtime(), "worker.mjs")
	must(t, err)
	_, _, p := blank(t, map[string][]byte{"worker.mjs": append([]byte(`const validate = WebAssembly.validate; WebAssembly.validate = (bytes) => bytes.length < 33 && validate(bytes);`+"\n"), worker...)})
	if kernels := ask[string](p, open(`{}`)+`const { kernels } = g.info; g.close(); return kernels;`); kernels != "kernels_simd" {
		t.Errorf("without relaxed SIMD it runs %s", kernels)
	}
	classified(t, p, `{}`)
}

// TestOldServiceWorker visits a site, changes it, and visits again: the page says that there is a new version, and takes it.
func TestOldServiceWorker(t *testing.T) {
	v := newVisitor(t)
	s := serve(t, newSite(t, map[string][]byte{"mark.json": []byte(`"old"`)}))
	p := v.open(s.URL + "/?lang=en")
	p.loaded()
	p.until(`document.documentElement.dataset.offline === "ready"`)
	p.run(chromedp.Reload())
	p.loaded()
	if mark := ask[string](p, `return (await fetch("mark.json")).json()`); mark != "old" {
		t.Errorf("the first page is %s", mark)
	}
	s.set(newSite(t, map[string][]byte{"mark.json": []byte(`"new"`)}), nil)
	p.run(chromedp.Reload())
	p.until(`!document.getElementById("update").hidden`)
	if mark := ask[string](p, `return (await fetch("mark.json")).json()`); mark != "old" {
		t.Errorf("before the change the page is %s: files of two versions are mixed", mark)
	}
	p.run(chromedp.Evaluate(`globalThis.before = true; document.getElementById("apply").click()`, nil))
	p.until(`!globalThis.before`)
	p.loaded()
	if mark := ask[string](p, `return (await fetch("mark.json")).json()`); mark != "new" {
		t.Errorf("after the change the page is %s", mark)
	}
	same(t, p.shown(texts[0]), adaptersOf(t).predictions[0][0])
}
