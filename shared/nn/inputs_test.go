package nn_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"graft/shared/device"
	"graft/shared/graph"
	"graft/shared/nn"
	"graft/shared/op"
	"graft/shared/tensor"
)

// TestWindow reads what rows attend from the sums of ones that attention gives: with values 1, 2, 4, … each key shows.
func TestWindow(t *testing.T) {
	const rows = 5
	for _, c := range []struct {
		size int
		want []float32 // of the keys a row attends, the sum of their values
	}{
		{0, []float32{1, 3, 4, 12, 28}},
		{1, []float32{1, 2, 4, 8, 16}},
		{2, []float32{1, 3, 4, 12, 24}},
		{9, []float32{1, 3, 4, 12, 28}},
	} {
		g := graph.New()
		in := nn.NewInputs(g, rows).Window(c.size)
		leaf := func(name string) graph.Value { return g.Leaf(graph.Input, name, tensor.F32, rows, 1) }
		o, _ := op.Attention(leaf("q"), leaf("q"), leaf("v"), in.Lo, in.Hi, op.AttentionConfig{Heads: 1, KVHeads: 1, Scale: 1})
		g.Output("mean", o)
		m := device.NewMemory(device.Reference())
		run, err := m.Load(g)
		if err != nil {
			t.Fatal(err)
		}
		zeros, values := make([]float32, rows), []float32{1, 2, 4, 8, 16}
		feed := map[string]*tensor.Tensor{"q": tensor.FromFloats(zeros, rows, 1), "v": tensor.FromFloats(values, rows, 1),
			"hi": tensor.FromInts([]int32{1, 2, 3, 4, 5}, rows)}
		if c.size > 0 {
			if err := run.Do(context.Background(), feed); err == nil || !strings.Contains(err.Error(), "input lo.last") {
				t.Errorf("without lo: error %v", err)
			}
		}
		feed["lo"] = tensor.FromInts([]int32{0, 0, 2, 2, 2}, rows) // two sequences
		if err := run.Do(context.Background(), feed); err != nil {
			t.Fatal(err)
		}
		out, err := run.Output("mean")
		if err != nil {
			t.Fatal(err)
		}
		got := slices.Clone(out.Floats())
		for i := range got { // equal scores: the mean of the values, so the sum is it times their number
			from := feed["lo"].Ints()[i]
			if c.size > 0 {
				from = max(from, int32(i+1-c.size))
			}
			got[i] *= float32(i + 1 - int(from))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("window of %d: rows attend %v, expected %v", c.size, got, c.want)
		}
		run.Close()
		m.Close()
	}
}
