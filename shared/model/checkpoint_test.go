package model_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"graft/shared/device"
	"graft/shared/model"
	"graft/shared/model/modeltest"
	"graft/shared/weights"
)

// TestCheckpoint finds the weights under the names of old checkpoints and of those of the body alone.
func TestCheckpoint(t *testing.T) {
	f := modeltest.Open(t, device.Reference(), filepath.Join(modeltest.EncoderDir(), "bert"), nil)
	want := modeltest.Floats(t, f.Source, "bert.embeddings.LayerNorm.bias")
	old := func(name string) string {
		if !strings.Contains(name, "LayerNorm") {
			return name
		}
		return strings.NewReplacer(".weight", ".gamma", ".bias", ".beta").Replace(name)
	}
	bare := func(name string) string { return strings.TrimPrefix(name, "bert.") }
	for kind, rename := range map[string]func(string) string{"as it is": func(n string) string { return n }, "old": old, "bare": bare,
		"bare and old": func(n string) string { return bare(old(n)) }} {
		var body weights.Source = weights.Renamed(f.Source, rename)
		src := model.Checkpoint(f.Model, body)
		got := modeltest.Floats(t, src, "bert.embeddings.LayerNorm.bias")
		if !slices.Equal(got, want) {
			t.Errorf("%s: values %v, expected %v", kind, got, want)
		}
		if !slices.Contains(src.Names(), "bert.encoder.layer.1.output.dense.weight") || len(src.Names()) != len(f.Source.Names()) {
			t.Errorf("%s: names %q", kind, src.Names())
		}
		if _, ok := src.Spec("embeddings.LayerNorm.beta"); ok {
			t.Errorf("%s: the old name is still there", kind)
		}
		if kind == "as it is" && src != f.Source {
			t.Error("a view of names that do not change")
		}
	}
}
