//go:build cgo

package cli

import (
	"math"
	"path/filepath"
	"testing"
)

// TestPerplexityPrecision measures text with activations of both precisions: what the flag says must reach the products.
// Without cgo the kernels multiply NF4 in float32 whatever is asked for.
func TestPerplexityPrecision(t *testing.T) {
	s := newSetting(t)
	data := filepath.Join(t.TempDir(), "text.jsonl")
	write(t, data, `{"text":"公司7公司8公司9"}`+"\n")
	loss := func(activations string) float64 {
		exit, stdout, stderr := run(t, "", "eval", "--task", "CAUSAL_LM", "--model", s.base, "--data", data, "--load-in-4bit", "--activations", activations, "--json")
		if exit != 0 {
			t.Fatalf("exit code %d, %s", exit, stderr)
		}
		return object(t, lines(stdout)[0])["loss"].(float64)
	}
	exact, rounded := loss("0"), loss("8")
	if exact == rounded || math.Abs(exact-rounded) > 0.05*exact {
		t.Errorf("loss %g with activations in float32 and %g in 8 bits, expected two that differ a little", exact, rounded)
	}
}
