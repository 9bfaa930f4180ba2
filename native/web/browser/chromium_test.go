package browser_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// patience is how long one thing in the browser may take on a machine that does other things too.
const patience = time.Minute

// chromium is the one browser of all tests; each has a storage of its own within it (a browser context).
var chromium = sync.OnceValues(func() (context.Context, error) {
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		return nil, exec.ErrNotFound
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-background-networking", true),
		chromedp.WSURLReadTimeout(patience))
	parent, _ := chromedp.NewExecAllocator(context.Background(), options...)
	quiet := chromedp.WithErrorf(func(string, ...any) {}) // it does not know events that this browser is too new for
	ctx, stop := chromedp.NewContext(parent, quiet, chromedp.WithLogf(log.Printf))
	ends = append(ends, stop)
	return ctx, chromedp.Run(ctx)
})

var ends []context.CancelFunc

func TestMain(m *testing.M) {
	adapterDir, _ = os.MkdirTemp("", "graft-browser")
	code := m.Run()
	os.RemoveAll(adapterDir)
	for _, end := range ends {
		end()
	}
	os.Exit(code)
}

// visitor is someone with a storage of his own, in a browser.
type visitor struct {
	t  *testing.T
	id cdp.BrowserContextID
}

// newVisitor skips the test where there is no Chromium.
func newVisitor(t *testing.T) *visitor {
	t.Helper()
	if testing.Short() {
		t.Skip("tests in a browser are not short")
	}
	ctx, err := chromium()
	if err != nil {
		t.Skipf("no Chromium here, which tests of the page need (Debian: apt-get install chromium): %v", err)
	}
	var id cdp.BrowserContextID
	must(t, chromedp.Run(ctx, chromedp.ActionFunc(func(ctx context.Context) (err error) {
		id, err = target.CreateBrowserContext().Do(cdp.WithExecutor(ctx, chromedp.FromContext(ctx).Browser))
		return err
	})))
	return &visitor{t, id}
}

// tab is a page that a visitor has open.
type tab struct {
	t   *testing.T
	ctx context.Context
}

// open opens a page.
func (v *visitor) open(url string) *tab {
	v.t.Helper()
	parent, _ := chromium()
	var id target.ID
	must(v.t, chromedp.Run(parent, chromedp.ActionFunc(func(ctx context.Context) (err error) { // chromedp asks for no window, which this browser wants
		id, err = target.CreateTarget("about:blank").WithBrowserContextID(v.id).WithNewWindow(true).Do(cdp.WithExecutor(ctx, chromedp.FromContext(ctx).Browser))
		return err
	})))
	ctx, stop := chromedp.NewContext(parent, chromedp.WithTargetID(id))
	v.t.Cleanup(stop)
	p := &tab{v.t, ctx}
	chromedp.ListenTarget(ctx, func(e any) {
		switch e := e.(type) {
		case *runtime.EventConsoleAPICalled:
			for _, a := range e.Args {
				if e.Type == runtime.APITypeError {
					v.t.Logf("console: %s%s", a.Value, a.Description)
				}
			}
		case *runtime.EventExceptionThrown:
			v.t.Logf("exception: %v", e.ExceptionDetails)
		}
	})
	must(v.t, chromedp.Run(ctx)) // the first run attaches the tab, for as long as its context lasts
	p.run(chromedp.Navigate(url))
	return p
}

// run does something in the tab.
func (p *tab) run(actions ...chromedp.Action) {
	p.t.Helper()
	ctx, stop := context.WithTimeout(p.ctx, patience)
	defer stop()
	if err := chromedp.Run(ctx, actions...); err != nil {
		p.t.Fatal(err)
	}
}

// ask runs the body of an async function in the page and gives what it returns. A thing thrown ends the test.
func ask[T any](p *tab, body string) T {
	p.t.Helper()
	var answer struct {
		Value T
		Error string
	}
	var raw string
	p.run(chromedp.Evaluate(fmt.Sprintf(`(async () => { %s })().then((v) => JSON.stringify({value: v}), (e) => JSON.stringify({error: (e.code ?? "") + " " + e.name + ": " + e.message}))`, body),
		&raw, func(e *runtime.EvaluateParams) *runtime.EvaluateParams { return e.WithAwaitPromise(true) }))
	if err := json.Unmarshal([]byte(raw), &answer); err != nil {
		p.t.Fatalf("%v: %s", err, raw)
	}
	if answer.Error != "" {
		p.t.Fatalf("in the page: %s\n%s", answer.Error, strings.TrimSpace(body))
	}
	return answer.Value
}

// until waits for an expression to be true in the page. (chromedp.Poll evaluates within the page, which its policy forbids.)
func (p *tab) until(expression string) {
	p.t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(30 * time.Millisecond) {
		var is bool
		if err := chromedp.Run(p.ctx, chromedp.Evaluate(expression, &is)); err == nil && is { // an error: it is being loaded
			return
		}
		if time.Now().After(end) {
			p.t.Fatalf("after %v still not: %s\n%s", patience, expression, ask[string](p, `return document.documentElement.dataset.state + " " + document.body.innerText`))
		}
	}
}
