package op

import (
	"math"
	"strings"
	"testing"

	"graft/shared/graph"
	"graft/shared/tensor"
)

// TestGradientsWanted holds ops to recording only what is asked for: nothing of a frozen weight's gradient may
// reach a program.
func TestGradientsWanted(t *testing.T) {
	record := func(kind graph.Kind, d tensor.DType) (g *graph.Graph, x, w, y, dy graph.Value) {
		g = graph.New()
		x, w = g.Leaf(graph.Input, "x", tensor.F32, 3, 32), g.Leaf(kind, "w", d, 7, 32)
		y = Linear(x, w)
		return g, x, w, y, g.Leaf(graph.Input, "dy", tensor.F32, 3, 7)
	}
	for _, c := range []struct {
		name  string
		want  []bool
		nodes int
	}{
		{"input", []bool{true, false}, 1},
		{"weight", []bool{false, true}, 1},
		{"both", []bool{true, true}, 2},
		{"none", []bool{false, false}, 0},
	} {
		g, x, w, y, dy := record(graph.Param, tensor.F32)
		before := g.Len()
		d := matMul{tb: true, alpha: 1}.Gradient([]graph.Value{x, w}, []graph.Value{y}, []graph.Value{dy}, c.want)
		for i, want := range c.want {
			if d[i].Valid() != want {
				t.Errorf("%s: gradient %d is there: %t, expected %t", c.name, i, d[i].Valid(), want)
			}
			if want && !d[i].Shape().Equal([]graph.Value{x, w}[i].Shape()) {
				t.Errorf("%s: gradient %d is %v, expected the operand's shape", c.name, i, d[i].Spec())
			}
		}
		if n := g.Len() - before; n != c.nodes || g.Err() != nil {
			t.Errorf("%s: %d nodes recorded, %v, expected %d", c.name, n, g.Err(), c.nodes)
		}
	}
}

func TestMistakesNameThePlace(t *testing.T) {
	g := graph.New()
	x, w := g.Leaf(graph.Input, "x", tensor.F32, 3, 8), g.Leaf(graph.Weight, "w", tensor.F32, 8, 16)
	leave := g.At("layers.3.self_attn.q_proj")
	y := Add(Linear(x, w), x) // goes on after the mistake
	leave()
	g.Output("y", y)
	const want = "layers.3.self_attn.q_proj: matmul: inner dimensions differ: [3 8] x [8 16]ᵀ"
	if g.Err() == nil || g.Err().Error() != want {
		t.Errorf("got error %v, expected %s", g.Err(), want)
	}
}

// TestNoGradientThroughSideResults: the gradients of lse and dh are not defined, and asking for them is an error.
func TestNoGradientThroughSideResults(t *testing.T) {
	g := graph.New()
	q, ends := g.Leaf(graph.Param, "q", tensor.F32, 3, 8), g.Leaf(graph.Input, "ends", tensor.I32, 3)
	c := AttentionConfig{Heads: 1, KVHeads: 1, Scale: 1}
	o, lse := Attention(q, q, q, ends, ends, c)
	d := attention{c}.Gradient([]graph.Value{q, q, q, ends, ends}, []graph.Value{o, lse}, []graph.Value{{}, lse}, []bool{true, true, true, false, false})
	if g.Err() == nil || !strings.Contains(g.Err().Error(), "attention has no gradient through its result lse") {
		t.Errorf("attention: got error %v", g.Err())
	}
	if d[0].Valid() {
		t.Error("attention: a gradient toward q was recorded")
	}
	g = graph.New()
	h, target := g.Leaf(graph.Param, "h", tensor.F32, 3, 8), g.Leaf(graph.Input, "target", tensor.I32, 3)
	loss, dh := LinearCrossEntropy(h, h, target, 0)
	linearCrossEntropy{}.Gradient([]graph.Value{h, h, target}, []graph.Value{loss, dh}, []graph.Value{{}, dh}, []bool{true, false, false})
	if g.Err() == nil || !strings.Contains(g.Err().Error(), "linear_cross_entropy has no gradient through its result dh") {
		t.Errorf("linear_cross_entropy: got error %v", g.Err())
	}
}

// TestDropoutMask holds the hash to a second implementation of the contract's formula, in Python.
func TestDropoutMask(t *testing.T) {
	if a, b := mix(1), mix(0xdeadbeef); a != 1753845952 || b != 3861431939 {
		t.Errorf("mix of 1 and 0xdeadbeef is %d and %d, expected 1753845952 and 3861431939", a, b)
	}
	const kept = "11001110111011000011100000010001"
	x := tensor.Make(tensor.Of(tensor.F32, len(kept)))
	for i := range x.Floats() {
		x.Floats()[i] = 1
	}
	y := tensor.Make(x.Spec)
	dropout{0.5, 3}.Eval([]*tensor.Tensor{y}, []*tensor.Tensor{x, tensor.FromInts([]int32{12345, -7}, 2)})
	for i, v := range y.Floats() {
		if want := map[byte]float32{'0': 0, '1': 2}[kept[i]]; v != want {
			t.Errorf("value %d is %g, expected %g", i, v, want)
		}
	}
}

// TestDropoutRate holds the share of what is dropped to p within five standard deviations, in each of many streams.
func TestDropoutRate(t *testing.T) {
	const n, p = 20000, 0.05
	x, y := tensor.Make(tensor.Of(tensor.F32, n)), tensor.Make(tensor.Of(tensor.F32, n))
	for i := range x.Floats() {
		x.Floats()[i] = 1
	}
	for stream := range 20 {
		clear(y.Data)
		dropout{p, stream}.Eval([]*tensor.Tensor{y}, []*tensor.Tensor{x, tensor.FromInts([]int32{42, int32(stream / 2)}, 2)})
		dropped := 0
		for _, v := range y.Floats() {
			if v == 0 {
				dropped++
			}
		}
		if deviation := math.Sqrt(n * p * (1 - p)); math.Abs(float64(dropped)-n*p) > 5*deviation {
			t.Errorf("stream %d: %d of %d dropped, expected %g", stream, dropped, n, n*p)
		}
	}
}
