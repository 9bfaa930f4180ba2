package nn_test

import (
	"context"
	"maps"
	"slices"
	"testing"

	"graft/shared/device"
	"graft/shared/graph"
	"graft/shared/nn"
	"graft/shared/op"
	"graft/shared/tensor"
)

// packed are two sequences of three and two rows, and one of padding.
func packed() map[string]*tensor.Tensor {
	ints := func(v ...int32) *tensor.Tensor { return tensor.FromInts(v, len(v)) }
	return map[string]*tensor.Tensor{"tokens": ints(5, 6, 7, 8, 9, 0), "positions": ints(0, 1, 2, 0, 1, 0), "lo": ints(0, 0, 0, 3, 3, 0),
		"hi": ints(1, 2, 3, 4, 5, 0), "pool": ints(2, 4, -1)}
}

const packedRows, packedItems = 6, 3

// run computes what record makes of the packed sequences.
func run(t *testing.T, feed map[string]*tensor.Tensor, record func(g *graph.Graph, in nn.Inputs) graph.Value) []float32 {
	t.Helper()
	g := graph.New()
	g.Output("y", record(g, nn.NewInputs(g, packedRows)))
	m := device.NewMemory(device.Reference())
	defer m.Close()
	r, err := m.Load(g)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := r.Do(context.Background(), feed); err != nil {
		t.Fatal(err)
	}
	y, err := r.Output("y")
	if err != nil {
		t.Fatal(err)
	}
	return y.Floats()
}

// TestReach reads which keys rows attend from the mean of the values 1, 2, 4, … that equal scores give.
func TestReach(t *testing.T) {
	for _, c := range []struct {
		name string
		of   func(nn.Inputs) nn.Inputs
		want []float32
	}{
		{"whole", nn.Inputs.Whole, []float32{7. / 3, 7. / 3, 7. / 3, 12, 12, 0}},
		{"around 1", func(in nn.Inputs) nn.Inputs { return in.Around(1) }, []float32{1.5, 7. / 3, 3, 12, 12, 0}},
		{"around 0", func(in nn.Inputs) nn.Inputs { return in.Around(0) }, []float32{1, 2, 4, 8, 16, 0}},
		{"around 9", func(in nn.Inputs) nn.Inputs { return in.Around(9) }, []float32{7. / 3, 7. / 3, 7. / 3, 12, 12, 0}},
	} {
		feed := packed()
		feed["q"] = tensor.FromFloats(make([]float32, packedRows), packedRows, 1)
		feed["v"] = tensor.FromFloats([]float32{1, 2, 4, 8, 16, 32}, packedRows, 1)
		got := run(t, feed, func(g *graph.Graph, in nn.Inputs) graph.Value {
			in = c.of(in)
			q, v := g.Leaf(graph.Input, "q", tensor.F32, packedRows, 1), g.Leaf(graph.Input, "v", tensor.F32, packedRows, 1)
			o, _ := op.Attention(q, q, v, in.Lo, in.Hi, op.AttentionConfig{Heads: 1, KVHeads: 1, Scale: 1})
			return o
		})
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: means %v, expected %v", c.name, got, c.want)
		}
	}
}

func TestStandsForSequence(t *testing.T) {
	feed := packed()
	feed["x"] = tensor.FromFloats([]float32{1, 2, 6, 8, 16, 32}, packedRows, 1)
	for _, c := range []struct {
		name string
		of   func(x graph.Value, n int) graph.Value
		want []float32
	}{
		{"last", nn.Last, []float32{6, 16, 0}},
		{"first", nn.First, []float32{1, 8, 0}},
		{"mean", nn.Mean, []float32{3, 12, 0}},
	} {
		got := run(t, feed, func(g *graph.Graph, in nn.Inputs) graph.Value {
			return c.of(g.Leaf(graph.Input, "x", tensor.F32, packedRows, 1), packedItems)
		})
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, expected %v", c.name, got, c.want)
		}
	}
}

func TestTypesAndPositions(t *testing.T) {
	table := []float32{0, 1, 2, 3, 4, 5, 6}
	look := func(index func(in nn.Inputs) graph.Value) func(g *graph.Graph, in nn.Inputs) graph.Value {
		return func(g *graph.Graph, in nn.Inputs) graph.Value {
			return op.Gather(g.Constant("table", tensor.FromFloats(table, len(table), 1)), index(in))
		}
	}
	given := packed()
	given["types"] = tensor.FromInts([]int32{0, 1, 1, 0, 0, 0}, packedRows)
	for _, c := range []struct {
		name string
		feed map[string]*tensor.Tensor
		of   func(in nn.Inputs) graph.Value
		want []float32
	}{
		{"types that are not given", packed(), nn.Inputs.Types, make([]float32, packedRows)},
		{"given types", maps.Clone(given), nn.Inputs.Types, []float32{0, 1, 1, 0, 0, 0}},
		{"positions from 2", packed(), func(in nn.Inputs) graph.Value { return in.PositionsFrom(2) }, []float32{2, 3, 4, 2, 3, 2}},
	} {
		if got := run(t, c.feed, look(c.of)); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, expected %v", c.name, got, c.want)
		}
	}
}
