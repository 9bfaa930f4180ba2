package browser_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/chromedp/chromedp"

	"graft/shared/api"
)

// closeness is how far a probability in the browser may be from the command line's: products of 8-bit activations are summed in
// another order by another instruction set.
const closeness = 2e-3

// same compares a prediction of the browser with the command line's.
func same(t *testing.T, got, want api.Prediction) {
	t.Helper()
	if got.Label != want.Label || math.Abs(got.Confidence-want.Confidence) > closeness {
		t.Errorf("%s: %s %.4f in the browser, %s %.4f on the command line", want.Text, got.Label, got.Confidence, want.Label, want.Confidence)
	}
}

// shown is what the page says of a text.
func (p *tab) shown(text string) (got api.Prediction) {
	p.t.Helper()
	p.run(chromedp.Evaluate(fmt.Sprintf(`document.getElementById("result").replaceChildren(), document.getElementById("text").value = %q, document.getElementById("classify").requestSubmit()`, text), nil))
	p.until(`document.querySelector("#result b") !== null || !document.getElementById("problem").hidden`)
	return ask[api.Prediction](p, `const b = document.querySelector("#result b"); if (!b) throw new Error(document.getElementById("problem").textContent);
		return {text: document.getElementById("text").value, label: b.textContent, confidence: Number(b.dataset.confidence)}`)
}

// loaded waits for the page to have its model open.
func (p *tab) loaded() {
	p.t.Helper()
	p.until(`["ready", "error"].includes(document.documentElement.dataset.state)`)
	if said := ask[string](p, `return document.getElementById("problem").textContent`); said != "" {
		p.t.Fatal(said)
	}
}

// TestPage opens the page as a person does: it classifies as the command line does, with one thread and two, with each
// adapter, and when the server is gone.
func TestPage(t *testing.T) {
	v := newVisitor(t)
	a, s := adaptersOf(t), serve(t, newSite(t, nil))
	for _, threads := range []int{1, 2} {
		p := v.open(fmt.Sprintf("%s/?lang=en&threads=%d", s.URL, threads))
		p.loaded()
		for i, predictions := range a.predictions {
			p.run(chromedp.Evaluate(fmt.Sprintf(`{ const a = document.getElementById("adapter"); a.value = "adapter%d"; a.dispatchEvent(new Event("change")); }`, i), nil))
			for _, want := range predictions {
				same(t, p.shown(want.Text), want)
			}
		}
	}
	p := v.open(s.URL + "/?lang=zh")
	p.loaded()
	p.until(`document.documentElement.dataset.offline === "ready"`)
	s.Close()
	p.run(chromedp.Reload())
	p.loaded()
	for _, want := range a.predictions[0] {
		same(t, p.shown(want.Text), want)
	}
	if isolated := ask[bool](p, `return crossOriginIsolated`); !isolated {
		t.Error("offline the page is not isolated")
	}
}
