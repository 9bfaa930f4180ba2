package advise

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

// llama7B is a classification of 20 000 rows with Llama-2-7B.
var llama7B = Facts{Task: "SEQ_CLS", Rows: 20_000, Labels: 3, Smallest: 6000, Largest: 8000, LongTokens: 61, ModelType: "llama", Hidden: 4096, Parameters: 6_738_415_616, PerRank: 2_500_000, Tenants: 1}

func TestEvidence(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Facts)
		want   map[string]string
		reason string // a part of some reason or doubt
	}{
		{"classification", func(*Facts) {}, map[string]string{"peft_type": "LORA", "target_modules": "all-linear", "r": "8", "learning_rate": "0.00029", "max_length": "64",
			"num_train_epochs": "3", "metric_for_best_model": "macro_f1", "class_weights": "", "lora_dropout": "0"}, "at most 32 kbit"},
		{"few rows", func(f *Facts) { f.Rows, f.Smallest, f.Largest = 40, 4, 30 }, map[string]string{"lora_dropout": "0.05", "class_weights": "balanced", "num_train_epochs": "10", "per_device_train_batch_size": "8"}, "no method learns much"},
		{"qwen", func(f *Facts) { f.ModelType = "qwen2" }, map[string]string{"learning_rate": "0.00047"}, "(2000/4096)^0.0775"},
		{"unknown model", func(f *Facts) { f.ModelType = "gemma3" }, map[string]string{"learning_rate": "0.0005"}, "not on gemma3"},
		{"no base", func(f *Facts) { f.ModelType, f.Hidden, f.Parameters = "", 0, 0 }, map[string]string{"learning_rate": "0.0002"}, "--model"},
		{"small base", func(f *Facts) { f.Hidden = 576 }, map[string]string{"learning_rate": "0.0013"}, "extrapolates"},
		{"conversations", func(f *Facts) { f.Task, f.Labels, f.LearntTokens = "CAUSAL_LM", 0, 100_000_000 }, map[string]string{"r": "64", "use_rslora": "true", "metric_for_best_model": ""}, "160000000 parameters"},
		{"too much for LoRA", func(f *Facts) { f.Task, f.LearntTokens = "CAUSAL_LM", 2_000_000_000 }, map[string]string{"r": "256"}, "full tuning may gain"},
		{"many tenants", func(f *Facts) { f.Tenants = 5000 }, map[string]string{"peft_type": "PREFIX_TUNING", "learning_rate": "0.005", "r": "", "prompt_tuning_init_text": "Classify the text."}, "5 to 15 points"},
		{"some tenants", func(f *Facts) { f.Tenants = 20 }, map[string]string{"peft_type": "LORA"}, "20 tenants"},
	} {
		f := llama7B
		c.change(&f)
		a, err := Choose(f, Evidence)
		if err != nil {
			t.Fatal(err)
		}
		for key, want := range c.want {
			if got := a.Get(key); got != want {
				t.Errorf("%s: %s is %q, expected %q", c.name, key, got, want)
			}
		}
		found := false
		for _, r := range slices.Concat(a.Reasons, a.Doubts) {
			found = found || strings.Contains(r.Text.En, c.reason)
			if len(r.Sources) == 0 || r.Text.En == "" || r.Text.Zh == "" || strings.Contains(r.Text.En+r.Text.Zh, "%!") {
				t.Errorf("%s: %+v lacks a source or a language", c.name, r)
			}
		}
		if !found {
			t.Errorf("%s: no sentence says %q: %+v", c.name, c.reason, a)
		}
	}
}

// TestRates holds the rule to the values that its authors give: 2.9e-4 at 4096, 4.9e-4 at 2048 and 1.7e-4 at 8192 for Llama.
func TestRates(t *testing.T) {
	for width, want := range map[int]float64{2048: 4.9e-4, 4096: 2.9e-4, 8192: 1.7e-4} {
		if got, ok := LoRARate("llama", width); !ok || math.Abs(got-want) > 0.05e-4 {
			t.Errorf("width %d: %g, %t, expected %g", width, got, ok, want)
		}
	}
}

func TestArticle(t *testing.T) {
	for rows, want := range map[int]string{500: "PROMPT_TUNING", 4999: "PROMPT_TUNING", 5000: "PREFIX_TUNING", 9999: "PREFIX_TUNING", 10_000: "LORA", 100_000: "LORA", 100_001: "FULL"} {
		f := llama7B
		f.Rows = rows
		a, err := Choose(f, Article)
		if err != nil || a.Method != want || a.Get("peft_type") != want {
			t.Errorf("%d rows: %v, %v, expected %s", rows, a, err, want)
			continue
		}
		if len(a.Doubts) < 2 {
			t.Errorf("%d rows: what contradicts the table is not said", rows)
		}
	}
	if _, err := Choose(llama7B, "table"); err == nil || !strings.Contains(err.Error(), `"table"`) {
		t.Errorf("unknown rules: %v", err)
	}
	if _, err := Choose(Facts{}, Evidence); err == nil {
		t.Error("no rows are no error")
	}
}

func TestFallbacksAndCandidates(t *testing.T) {
	a, err := Choose(llama7B, Evidence)
	if err != nil {
		t.Fatal(err)
	}
	b := a
	for _, f := range a.Fallbacks() {
		b = b.With(f.Settings...)
	}
	if b.Get("load_in_4bit") != "true" || b.Get("gradient_checkpointing") != "full" || b.Get("per_device_train_batch_size") != "4" || b.Get("gradient_accumulation_steps") != "4" {
		t.Errorf("at the end of the fallbacks: %+v", b.Settings)
	}
	if a.Get("load_in_4bit") != "" {
		t.Error("a fallback changed the advice it began with")
	}
	space := Space{Methods: []string{"LORA", "PREFIX_TUNING"}, Ranks: []int{4, 64}, Seed: 1, Rate: func(method string) float64 { return map[string]float64{"PREFIX_TUNING": 1e-2}[method] }}
	list := a.Candidates(12, space)
	var rates []string
	seen := map[string]bool{}
	for _, c := range list {
		rates = append(rates, c.Advice.Get("learning_rate"))
		key := fmt.Sprint(c.Advice.Settings)
		if seen[key] {
			t.Errorf("%s comes twice", c.Name)
		}
		seen[key] = true
		if prefix := c.Advice.Method == "PREFIX_TUNING"; prefix != (c.Advice.Get("r") == "") || prefix && c.Advice.Get("target_modules") != "" {
			t.Errorf("%s has settings %v", c.Name, c.Advice.Settings)
		}
	}
	if want := []string{"0.00029", "0.00087", "9.7e-05", "0.01", "0.00029"}; len(list) != 12 || !slices.Equal(rates[:5], want) {
		t.Errorf("%d candidates have rates %v, expected %v first", len(list), rates, want)
	}
	for i, c := range a.Candidates(7, space) {
		if c.Name != list[i].Name {
			t.Errorf("candidate %d of 7 is %s, of 12 %s", i, c.Name, list[i].Name)
		}
	}
}
