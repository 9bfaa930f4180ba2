package parity

import (
	"bytes"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"graft/shared/adapter"
	"graft/shared/api"
	"graft/shared/device"
	"graft/shared/engine"
	"graft/shared/engine/enginetest"
)

const root = "../../.."

// tolerance is the largest difference of a logit. The logits of the finance model are below 20, sums of float32 products in another
// order and with other roundings; measured differences are below a fifth of it.
const tolerance = 1e-4

// suite is the finance model with adapters of every way to adapt it, made here.
func suite(t *testing.T) *Suite {
	t.Helper()
	model := filepath.Join(root, "examples", "finance", "base")
	s := &Suite{Model: model, Texts: []string{"本季度公司营收同比增长20%,净利润超市场预期", "受宏观经济影响,公司核心业务板块出现15%的下滑"}, Prompt: "公司净利润", Tokens: 12}
	make := func(fourBit bool, name string, m adapter.Method, task adapter.TaskType) Adapter {
		b, err := engine.Open(os.DirFS(model), device.Reference(), engine.Options{Name: model, LoadIn4Bit: fourBit})
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		dir := t.TempDir()
		if err := os.CopyFS(dir, enginetest.Train(t, b, m, task, 1)); err != nil {
			t.Fatal(err)
		}
		return Adapter{name, dir}
	}
	s.Opened = []Opened{
		{Plain: true, Adapters: []Adapter{
			make(false, "lora", adapter.LoRA{R: 4, LoraAlpha: 8}, adapter.SeqCls),
			make(false, "prompt", adapter.PromptTuning{NumVirtualTokens: 4}, adapter.SeqCls),
			make(false, "prefix", adapter.PrefixTuning{NumVirtualTokens: 4}, adapter.SeqCls),
			make(false, "lora text", adapter.LoRA{R: 4, LoraAlpha: 8}, adapter.CausalLM),
		}},
		{LoadIn4Bit: true, Adapters: []Adapter{make(true, "qlora", adapter.LoRA{R: 4, LoraAlpha: 8}, adapter.SeqCls)}},
	}
	return s
}

// TestHostsAgree asks every host that is here the same.
func TestHostsAgree(t *testing.T) {
	if testing.Short() {
		t.Skip("asking every host is not short")
	}
	s := suite(t)
	want, first := Hosts[0].Ask(t.Context(), root, s, nil)
	if first.Err != nil {
		t.Fatal(first.Err)
	}
	if len(want) != 6 || want[0].Text == "" || len(want[1].Predictions) != 2 {
		t.Fatalf("the reference answered %+v", want)
	}
	rows := []Row{first}
	for _, h := range Hosts[1:] {
		t.Run(h.Name, func(t *testing.T) {
			_, r := h.Ask(t.Context(), root, s, want)
			rows = append(rows, r)
			switch {
			case errors.Is(r.Err, ErrAbsent) || errors.Is(r.Err, errors.ErrUnsupported):
				t.Skip(r.Err)
			case r.Err != nil:
				t.Fatal(r.Err)
			case !(r.Logits < tolerance) || !(r.Probability < tolerance) || len(r.Answers) > 0:
				t.Errorf("logits differ by up to %g and probabilities by up to %g, expected less than %g; other answers: %s", r.Logits, r.Probability, tolerance, strings.Join(r.Answers, "; "))
			}
		})
	}
	var table strings.Builder
	if err := Print(&table, rows); err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + table.String())
}

// TestCompare sees that a difference is seen.
func TestCompare(t *testing.T) {
	prediction := func(label string, p float64) []api.Prediction {
		return []api.Prediction{{Text: "t", Label: label, Probabilities: map[string]float64{"a": p, "b": 1 - p}}}
	}
	want := []Case{{Name: "x", Predictions: prediction("a", 0.75), Logits: [][]float32{{1, 2}}, Text: "same"}}
	for name, test := range map[string]struct {
		got                 Case
		logits, probability float64
		answers             int
	}{
		"same":        {want[0], 0, 0, 0},
		"logits":      {Case{Name: "x", Predictions: prediction("a", 0.75), Logits: [][]float32{{1, 2.5}}, Text: "same"}, 0.5, 0, 0},
		"no number":   {Case{Name: "x", Predictions: prediction("a", 0.75), Logits: [][]float32{{float32(math.NaN()), 9}}, Text: "same"}, math.NaN(), 0, 0},
		"label":       {Case{Name: "x", Predictions: prediction("b", 0.25), Logits: [][]float32{{1, 2}}, Text: "same"}, 0, 0.5, 1},
		"text":        {Case{Name: "x", Predictions: prediction("a", 0.75), Logits: [][]float32{{1, 2}}, Text: "other"}, 0, 0, 1},
		"fewer":       {Case{Name: "x", Predictions: prediction("a", 0.75), Logits: [][]float32{{1}}, Text: "same"}, 0, 0, 1},
		"other order": {Case{Name: "y"}, 0, 0, 1},
	} {
		d := Compare(want, []Case{test.got})
		if (d.Logits != test.logits && !(math.IsNaN(d.Logits) && math.IsNaN(test.logits))) || d.Probability != test.probability || len(d.Answers) != test.answers {
			t.Errorf("%s: %+v", name, d)
		}
	}
	if d := Compare(want, nil); len(d.Answers) != 1 {
		t.Errorf("no answers: %+v", d)
	}
	var b bytes.Buffer
	if err := Print(&b, []Row{{Host: "h", Difference: Difference{Answers: []string{"a text"}}}, {Host: "none", Err: absent("node")}}); err != nil || !strings.Contains(b.String(), "a text") || !strings.Contains(b.String(), "skipped: node: not here") {
		t.Errorf("%v, %s", err, b.String())
	}
}
