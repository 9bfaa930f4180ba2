package browser_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	studio "graft/frontend/web"
	"graft/native/mmap"
	"graft/native/web"
	"graft/wasm/dist"
	"graft/wasm/js"
)

// newStudio is the studio with the example's base.
func newStudio(t *testing.T) *web.Site {
	t.Helper()
	compiled, err := fs.Sub(dist.FS(), "studio")
	must(t, err)
	for _, name := range []string{web.EngineName, "studio/studio.wasm"} {
		if _, err := fs.Stat(dist.FS(), name); err != nil {
			t.Skipf("%v (./build.sh wasm)", err)
		}
	}
	s, err := web.New(web.Options{
		Files: web.Files{Folders: []fs.FS{studio.FS(), compiled, js.Runtime()}, Engine: dist.FS(), Data: kernelFiles()},
		Models: []web.Model{{Listing: web.Listing{Name: "finance/base", FS: mmap.FS(filepath.Join(example, "base")),
			Files: []string{"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"}}}},
	})
	must(t, err)
	return s
}

// set gives a form's element a value as a person does.
func (p *tab) set(selector, value, event string) {
	p.t.Helper()
	p.until(fmt.Sprintf(`document.querySelector(%q) !== null`, selector))
	p.run(chromedp.Evaluate(fmt.Sprintf(`{ const e = document.querySelector(%q); e.value = %q; e.dispatchEvent(new Event(%q, {bubbles: true})); }`, selector, value, event), nil))
}

// click clicks an element once it is there.
func (p *tab) click(selector string) {
	p.t.Helper()
	p.until(fmt.Sprintf(`document.querySelector(%q) !== null`, selector))
	p.run(chromedp.Evaluate(fmt.Sprintf(`document.querySelector(%q).click()`, selector), nil))
}

// TestStudio writes a prompt, runs it on the model in the page, keeps a version, and finds all of it again when the server is
// gone.
func TestStudio(t *testing.T) {
	v := newVisitor(t)
	s := serve(t, newStudio(t))
	p := v.open(s.URL + "/")
	p.set("select.new", "blank", "change")
	p.set("textarea.source", "公司{{行业}}营收", "input")
	p.set(`[data-field="行业"]`, "半导体 <b>", "input")
	p.until(`document.querySelector(".message .variable")?.textContent === "半导体 <b>"`)
	p.until(`document.querySelectorAll(".findings li").length > 0`)
	p.click(`[data-page="adapters"]`)
	p.click("button.open")
	p.until(`document.querySelector(".status").textContent.includes("base")`)
	p.click(`[data-page="settings"]`)
	p.set(`input[min="1"]`, "12", "change")
	p.click(`[data-page="write"]`)
	p.until(`document.querySelector("textarea.source").value === "公司{{行业}}营收"`)
	p.click("button.run")
	p.until(`document.querySelector(".figures").textContent.startsWith("12 ")`)
	if text := ask[string](p, `return document.querySelector(".answer .text").textContent`); text == "" {
		t.Error("the answer is empty")
	}
	p.set("input.note", "first", "input")
	p.click("button.keep")
	p.click(`[data-page="versions"]`)
	p.until(`document.querySelector(".version p").textContent === "first"`)
	p.click("button.language")
	p.until(`document.querySelector("h1").textContent === (document.documentElement.lang === "zh" ? "Graft 工作室" : "Graft Studio")`)
	if folder := os.Getenv("GRAFT_SCREENSHOTS"); folder != "" {
		p.pictures(folder)
	}
	p.until(`document.documentElement.dataset.offline === "ready"`)
	p.until(`["Saved", "已保存"].includes(document.querySelector(".saved").textContent)`)
	s.Close()
	p.run(chromedp.Reload())
	p.until(`document.querySelector("textarea.source")?.value === "公司{{行业}}营收"`)
	p.click(`[data-page="versions"]`)
	p.until(`document.querySelector(".version p").textContent === "first"`)
}

// pictures writes what the pages look like, in the language that is chosen and the other.
func (p *tab) pictures(folder string) {
	p.t.Helper()
	for range 2 {
		language := ask[string](p, `return document.documentElement.lang`)
		for _, page := range []string{"write", "compare", "versions", "adapters", "settings"} {
			p.click(fmt.Sprintf(`[data-page=%q]`, page))
			p.until(fmt.Sprintf(`document.querySelector('[data-page=%q]').getAttribute("aria-current") === "page"`, page))
			for name, size := range map[string][2]int64{"wide": {1200, 900}, "phone": {390, 1200}} {
				var picture []byte
				p.run(emulation.SetDeviceMetricsOverride(size[0], size[1], 1, false), chromedp.CaptureScreenshot(&picture))
				must(p.t, os.WriteFile(fmt.Sprintf("%s/studio-%s-%s-%s.png", folder, page, language, name), picture, 0o666))
			}
		}
		p.click("button.language")
	}
}
