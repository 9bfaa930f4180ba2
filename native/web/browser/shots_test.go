package browser_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// TestScreenshots writes pictures of the page into the folder that GRAFT_SCREENSHOTS names, for people to look at.
func TestScreenshots(t *testing.T) {
	folder := os.Getenv("GRAFT_SCREENSHOTS")
	if folder == "" {
		t.Skip("GRAFT_SCREENSHOTS names no folder for pictures of the page")
	}
	v := newVisitor(t)
	s := serve(t, newSite(t, nil))
	for _, language := range []string{"zh", "en"} {
		p := v.open(s.URL + "/?threads=2&lang=" + language)
		p.loaded()
		p.shown(texts[0])
		p.run(chromedp.Evaluate(`document.getElementById("adapter").value = "adapter0"`, nil))
		for _, size := range []struct {
			name          string
			width, height int64
		}{{"wide", 1000, 1000}, {"phone", 390, 1100}} {
			var picture []byte
			p.run(emulation.SetDeviceMetricsOverride(size.width, size.height, 1, false), chromedp.CaptureScreenshot(&picture))
			must(t, os.WriteFile(fmt.Sprintf("%s/page-%s-%s.png", folder, language, size.name), picture, 0o666))
		}
		p.run(chromedp.Evaluate(`{ const a = document.getElementById("adapter"); a.value = ""; a.dispatchEvent(new Event("change")); document.getElementById("message").value = "公司营收"; document.getElementById("tokens").value = 24; }`, nil))
		p.until(`!document.getElementById("send").disabled`)
		p.run(chromedp.Evaluate(`document.getElementById("chat").requestSubmit()`, nil))
		p.until(`document.querySelector("#talk .assistant[data-done]") !== null`)
		var picture []byte
		p.run(emulation.SetDeviceMetricsOverride(1000, 1000, 1, false), chromedp.CaptureScreenshot(&picture))
		must(t, os.WriteFile(fmt.Sprintf("%s/page-%s-chat.png", folder, language), picture, 0o666))
	}
}
