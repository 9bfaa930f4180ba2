//go:build cgo

package cpu

import (
	"math"
	"testing"

	"graft/shared/device"
	"graft/shared/graph"
	"graft/shared/op"
	"graft/shared/quant"
	"graft/shared/tensor"
)

// blend is an op no device has a kernel for: a + b, b of any type.
type blend struct{}

func (blend) Name() string                                  { return "blend of a test" }
func (blend) Attrs() []graph.Attr                           { return nil }
func (blend) Infer(in []tensor.Spec) ([]tensor.Spec, error) { return in[:1], nil }

func (blend) Eval(out, in []*tensor.Tensor) {
	b := make([]float32, in[1].Shape.Len())
	quant.Decode(in[1].DType, b, in[1].Data)
	for i, a := range in[0].Floats() {
		out[0].Floats()[i] += a + b[i]
	}
}

// TestOpsWithoutKernel holds programs whose steps the kernels know only some of to the reference device: temporaries go
// from one part to another, among them one that no kernel of its part reads, and a packed weight is read as rows.
func TestOpsWithoutKernel(t *testing.T) {
	const rows, heads, width = 5, 2, 64
	g := graph.New()
	x := g.Leaf(graph.Input, "x", tensor.F32, rows, width)
	w := g.Leaf(graph.Weight, "w", tensor.Q8_0, width, width)
	lo, hi := g.Leaf(graph.Input, "lo", tensor.I32, rows), g.Leaf(graph.Input, "hi", tensor.I32, rows)
	product := op.MatMul(x, w, op.MatMulConfig{TransposeB: true})
	o, lse := op.Attention(product, x, product, lo, hi, op.AttentionConfig{Heads: heads, KVHeads: heads, Scale: 0.2})
	mixed := graph.Apply1(blend{}, o, product)
	again := graph.Apply1(blend{}, lse, lse)
	sum := g.Leaf(graph.State, "sum", tensor.F32, width, width)
	g.Keep(op.Accumulate(sum, graph.Apply1(blend{}, sum, w), g.Constant("keep", tensor.FromFloats([]float32{0.5}, 1))))
	g.Output("mixed", op.Scale(op.Add(mixed, product), 2))
	g.Output("lse", again)

	outputs := func(d device.Device) (values [][]float32) {
		defer d.Close()
		m := device.NewMemory(d)
		defer m.Close()
		v := make([]float32, width*width)
		for i := range v {
			v[i] = float32(math.Sin(float64(i)))
		}
		weight := tensor.Make(tensor.Of(tensor.Q8_0, width, width))
		if err := quant.Encode(tensor.Q8_0, weight.Data, v); err != nil {
			t.Fatal(err)
		}
		if err := m.Write("w", weight); err != nil {
			t.Fatal(err)
		}
		run, err := m.Load(g)
		if err != nil {
			t.Fatal(err)
		}
		defer run.Close()
		ends := []int32{1, 2, 3, 4, 5}
		for range 2 {
			if err := run.Do(t.Context(), map[string]*tensor.Tensor{"x": tensor.FromFloats(v[:rows*width], rows, width),
				"lo": tensor.FromInts(make([]int32, rows), rows), "hi": tensor.FromInts(ends, rows)}); err != nil {
				t.Fatal(err)
			}
		}
		r, err := m.Read("sum", sum.Spec())
		if err != nil {
			t.Fatal(err)
		}
		values = append(values, r.Floats())
		for _, name := range []string{"mixed", "lse"} {
			r, err := run.Output(name)
			if err != nil {
				t.Fatal(err)
			}
			values = append(values, r.Floats())
		}
		return values
	}
	want := outputs(device.Reference())
	for _, isa := range ISAs() {
		d, err := Open(Options{Threads: 2, ISA: isa})
		if err != nil {
			t.Fatal(err)
		}
		const rounding = 1e-4 // float32 sums of 64 products in another order, magnified by the softmax of scores near 20
		for i, got := range outputs(d) {
			for j, v := range got {
				if math.Abs(float64(v-want[i][j])) > rounding*(1+math.Abs(float64(want[i][j]))) {
					t.Fatalf("%s: result %d, value %d is %g, expected %g", isa, i, j, v, want[i][j])
				}
			}
		}
	}
}
