package adapter

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"

	"graft/shared/graph"
	"graft/shared/nn"
	"graft/shared/op"
	"graft/shared/tensor"
	"graft/shared/weights"
)

// magnitude ends the name of DoRA's lengths [out], which PEFT stores without ".weight".
const magnitude = ".lora_magnitude_vector"

// The ends of the names of derived weights [out]: ‖W‖² of each row, and magnitude / ‖W + scale·B·A‖.
const (
	squaredNorms = ".squared_norms"
	doraScale    = ".dora_scale"
)

// dora gives each row of W + scale·B·A the length that is trained for it (Liu et al. 2024):
// y = m/‖W+scale·B·A‖ ⊙ (x·(W+scale·B·A)ᵀ) + bias. As in the paper's section 4.3 and in PEFT the norm is a constant to
// the gradient. sum is what LoRA gives, with the bias in it. Dropout is on LoRA's path only.
//
// The norm needs no copy of W in float32: ‖W+sBA‖² = ‖W‖² + 2s·diag(B·(A·Wᵀ)) + s²·diag(B·(A·Aᵀ)·Bᵀ), of which the first
// term is constant and the second is a product of r rows with W as it is stored.
func (l *lora) dora(p nn.Params, m loraModule, sum, bias, a, b graph.Value, kind graph.Kind) graph.Value {
	g, name, out := p.Graph(), prefix+p.Path(), b.Shape()[0]
	var scale graph.Value
	length := g.Leaf(kind, name+magnitude, tensor.F32, out) // of an adapter in use it is part of the derived scale
	if kind == graph.Weight {
		scale = g.Leaf(kind, Derived+name+doraScale, tensor.F32, out)
	} else {
		scale = op.Mul(length, l.inverseNorm(p, m, a, b))
	}
	y := op.Mul(sum, scale)
	if bias.Valid() {
		y = op.Add(y, op.Add(bias, op.Scale(op.Mul(bias, scale), -1)))
	}
	return y
}

func (l *lora) inverseNorm(p nn.Params, m loraModule, a, b graph.Value) graph.Value {
	g, out, in := p.Graph(), b.Shape()[0], a.Shape()[1]
	defer g.Detach()()
	w := p.Get("weight", out, in)
	wa := op.MatMul(op.Linear(a, w), identity(g, m.r), op.MatMulConfig{TransposeA: true}) // W·Aᵀ [out,r]
	cross := op.RowDot(b, wa)
	own := op.RowDot(op.MatMul(b, op.Linear(a, a), op.MatMulConfig{}), b)
	squared := g.Leaf(graph.Weight, Derived+prefix+p.Path()+squaredNorms, tensor.F32, out)
	return op.Rsqrt(op.Add(op.Add(squared, op.Scale(cross, 2*m.scale)), op.Scale(own, m.scale*m.scale)))
}

func identityName(n int) string { return "identity." + strconv.Itoa(n) }

// Derive computes DoRA's norms and the transposed table of an embedding.
func (l *lora) Derive(name string, shape tensor.Shape, base BaseWeights, tensors weights.Source) ([]float32, error) {
	name = strings.TrimPrefix(name, Derived)
	if path, ok := strings.CutSuffix(name, squaredNorms); ok {
		v, err := l.rowNorms(strings.TrimPrefix(path, prefix), base)
		for i, n := range v {
			v[i] = n * n
		}
		return v, err
	}
	if path, ok := strings.CutSuffix(name, doraScale); ok {
		return l.doraScales(strings.TrimPrefix(path, prefix), base, tensors)
	}
	if path, ok := strings.CutSuffix(name, transposed); ok {
		return embeddingTable(path, shape, tensors)
	}
	if l.start != "" {
		return l.first(name, shape, base)
	}
	return nil, fmt.Errorf("BUG: adapter: %s is not derived", name)
}

// baseMatrix is the weight [out,in] of a linear layer.
func (l *lora) baseMatrix(path string, base BaseWeights) (blas32.General, error) {
	shape, err := l.m.Shape(path + ".weight")
	if err != nil {
		return blas32.General{}, err
	}
	v, err := base.weight(path+".weight", shape)
	if err != nil {
		return blas32.General{}, err
	}
	return blas32.General{Rows: shape[0], Cols: shape[1], Stride: shape[1], Data: v}, nil
}

// rowNorms are the lengths of the rows of a base weight.
func (l *lora) rowNorms(path string, base BaseWeights) ([]float32, error) {
	w, err := l.baseMatrix(path, base)
	return lengths(w), err
}

func lengths(w blas32.General) []float32 {
	out := make([]float32, w.Rows)
	for i := range out {
		sum := 0.0
		for _, v := range w.Data[i*w.Stride:][:w.Cols] {
			sum += float64(v) * float64(v)
		}
		out[i] = float32(math.Sqrt(sum))
	}
	return out
}

// doraScales are magnitude / ‖W + scale·B·A‖.
func (l *lora) doraScales(path string, base BaseWeights, tensors weights.Source) ([]float32, error) {
	w, err := l.baseMatrix(path, base)
	if err != nil {
		return nil, err
	}
	w.Data = append([]float32(nil), w.Data...)
	if err := l.addProduct(path, w, tensors); err != nil {
		return nil, err
	}
	scale, err := floats(tensors, prefix+path+magnitude, w.Rows)
	if err != nil {
		return nil, err
	}
	scale = append([]float32(nil), scale...)
	for i, n := range lengths(w) {
		scale[i] /= n
	}
	return scale, nil
}

// addProduct adds scale·B·A to w.
func (l *lora) addProduct(path string, w blas32.General, tensors weights.Source) error {
	m := l.modules[path]
	a, err := floats(tensors, prefix+path+".lora_A.weight", m.r, w.Cols)
	if err != nil {
		return err
	}
	b, err := floats(tensors, prefix+path+".lora_B.weight", w.Rows, m.r)
	if err != nil {
		return err
	}
	blas32.Gemm(blas.NoTrans, blas.NoTrans, m.scale, blas32.General{Rows: w.Rows, Cols: m.r, Stride: m.r, Data: b},
		blas32.General{Rows: m.r, Cols: w.Cols, Stride: w.Cols, Data: a}, 1, w)
	return nil
}

// floats reads a tensor of the adapter that must have that shape.
func floats(tensors weights.Source, name string, shape ...int) ([]float32, error) {
	t, err := weights.Floats(tensors, name)
	if err != nil {
		return nil, err
	}
	if !t.Shape.Equal(shape) {
		return nil, fmt.Errorf("%s: shape %v, expected %v", name, t.Shape, tensor.Shape(shape))
	}
	return t.Floats(), nil
}
