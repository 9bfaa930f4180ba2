package op

import (
	"fmt"

	"graft/shared/graph"
	"graft/shared/quant"
	"graft/shared/tensor"
)

// decoded is the values of t, whatever its type, as f32.
func decoded(t *tensor.Tensor) []float32 {
	if t.DType == tensor.F32 {
		return t.Floats()
	}
	v := make([]float32, t.Shape.Len())
	quant.Decode(t.DType, v, t.Data)
	return v
}

// decodeRow writes row i of t to dst, which has the row's length.
func decodeRow(dst []float32, t *tensor.Tensor, i int) {
	size := t.DType.Size(len(dst))
	quant.Decode(t.DType, dst, t.Data[i*size:(i+1)*size])
}

// encodeRow stores src as row i of t. Infer has refused types that can't be written.
func encodeRow(t *tensor.Tensor, i int, src []float32) {
	size := t.DType.Size(len(src))
	if err := quant.Encode(t.DType, t.Data[i*size:(i+1)*size], src); err != nil {
		panic("BUG: op: " + err.Error())
	}
}

// row is row i of a matrix of width d.
func row[T any](v []T, i, d int) []T { return v[i*d : (i+1)*d] }

// dot is Σ a·b.
func dot(a, b []float32) (s float64) {
	b = b[:len(a)]
	for i, x := range a {
		s += float64(x) * float64(b[i])
	}
	return s
}

// round stores sums as f32.
func round(dst []float32, src []float64) {
	for i, x := range src {
		dst[i] = float32(x)
	}
}

// wanted returns the gradients that are asked for; each is recorded only then.
func wanted(want []bool, each ...func() graph.Value) []graph.Value {
	d := make([]graph.Value, len(want))
	for i, f := range each {
		if want[i] {
			d[i] = f()
		}
	}
	return d
}

// noGradient refuses a gradient that flows back through a result that has none.
func noGradient(o graph.Op, result string, dout graph.Value) {
	if dout.Valid() {
		dout.Graph().Fail(fmt.Errorf("%s has no gradient through its result %s", o.Name(), result))
	}
}
