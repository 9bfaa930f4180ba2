package browser_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

func TestDebug(t *testing.T) {
	v := newVisitor(t)
	s := serve(t, newSite(t, nil))
	t0 := time.Now()
	at := func(x any) { fmt.Println(time.Since(t0).Round(time.Millisecond), x) }
	p := v.open(s.URL + "/blank.html")
	at("open")
	at(ask[string](p, `return String(crossOriginIsolated)`))
	p.run(chromedp.Navigate(s.URL + "/?lang=en&threads=1"))
	at("nav")
	for range 20 {
		at(ask[string](p, `return document.documentElement.dataset.state + " " + document.body.innerText.slice(0, 300) + document.getElementById("problem").textContent`))
		time.Sleep(500 * time.Millisecond)
	}
}
