package adapter

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/mat"

	"graft/shared/graph"
	"graft/shared/model"
	"graft/shared/nn"
	"graft/shared/op"
	"graft/shared/tensor"
)

// PiSSA (Meng et al. 2024) and OLoRA (Büyükakyüz 2024) start A and B from the base weight itself and train what is left
// of it frozen: y = x·(W - s·B₀·A₀)ᵀ + s·x·(B·A)ᵀ. Hooks do not change W, so the product of the first values is taken
// away beside it, which is the same function with any weight format. What is saved is a plain LoRA of twice the rank
// against the base as it is, as PEFT's path_initial_model_for_weight_conversion writes it.

// factors are the A [r,in] and B [out,r] that a module starts from.
type factors struct{ a, b blas32.General }

// starting sets how a new adapter's first values are made.
func (l *lora) starting(init string) (Adapter, error) {
	kind, rounds, _ := strings.Cut(init, "_niter_")
	switch kind {
	case "", "true", "gaussian":
		l.InitWeights = init
		return l, nil
	case "pissa", "olora":
	default:
		return nil, fmt.Errorf("init_lora_weights is %q, expected true, gaussian, pissa, pissa_niter_<n> or olora", init)
	}
	if n, err := strconv.Atoi(rounds); rounds != "" && (err != nil || n < 1 || kind != "pissa") {
		return nil, fmt.Errorf("init_lora_weights is %q, expected pissa_niter_<rounds>", init)
	}
	if l.UseDora {
		return nil, fmt.Errorf("init_lora_weights is %q and use_dora is true: together they are not supported", init)
	}
	for _, path := range []string{l.m.Embedding, model.Output} {
		if _, ok := l.modules[path]; ok {
			return nil, fmt.Errorf("init_lora_weights is %q and target_modules means %s, which has no such start", init, path)
		}
	}
	l.start, l.firsts, l.factorize = init, map[string]factors{}, factorize
	return startedLoRA{l}, nil
}

// startedLoRA is a lora that is trained from values of its base.
type startedLoRA struct{ *lora }

var _ Storer = startedLoRA{}

// The ends of the names of the first values, which are derived.
const (
	firstA = ".first_A"
	firstB = ".first_B"
)

// apart takes the product of the first values from y.
func (l *lora) apart(p nn.Params, m loraModule, x, y graph.Value) graph.Value {
	g, name := p.Graph(), Derived+prefix+p.Path()
	a := g.Leaf(graph.Weight, name+firstA, tensor.F32, m.r, x.Shape().Cols())
	b := g.Leaf(graph.Weight, name+firstB, tensor.F32, y.Shape().Cols(), m.r)
	return op.MatMul(op.Linear(x, a), b, op.MatMulConfig{TransposeB: true, Alpha: -m.scale, C: y})
}

// first gives the first values of A or B, trained or derived.
func (l *lora) first(name string, shape tensor.Shape, base BaseWeights) ([]float32, error) {
	path := strings.TrimPrefix(name, prefix)
	isA := strings.HasSuffix(path, ".lora_A.weight") || strings.HasSuffix(path, firstA)
	for _, end := range []string{".lora_A.weight", ".lora_B.weight", firstA, firstB} {
		path = strings.TrimSuffix(path, end)
	}
	f, ok := l.firsts[path]
	if !ok {
		w, err := l.baseMatrix(path, base)
		if err != nil {
			return nil, err
		}
		m := l.modules[path]
		if m.r > min(w.Rows, w.Cols) {
			return nil, fmt.Errorf("%s: r is %d, expected %d at most for init_lora_weights %s", path, m.r, min(w.Rows, w.Cols), l.start)
		}
		if f, err = l.factorize(l.start, w, m.r, float64(m.scale)); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		l.firsts[path] = f
	}
	if isA {
		return slices.Clone(f.a.Data), nil
	}
	return slices.Clone(f.b.Data), nil
}

// factorize makes first values by the rule that init_lora_weights names. A lora has it as a value, so that a program that only uses
// adapters, such as the browser's engine, does not carry the linear algebra.
func factorize(init string, w blas32.General, r int, scale float64) (factors, error) {
	kind, rounds, _ := strings.Cut(init, "_niter_")
	if kind == "olora" {
		return olora(w, r), nil
	}
	n, _ := strconv.Atoi(rounds)
	return pissa(w, r, n, scale)
}

// olora is the first r columns of Q and rows of R of W = Q·R, which need the first r columns of W alone.
func olora(w blas32.General, r int) factors {
	var qr mat.QR
	head := mat.NewDense(w.Rows, r, nil)
	for i := range w.Rows {
		for j := range r {
			head.Set(i, j, float64(w.Data[i*w.Stride+j]))
		}
	}
	qr.Factorize(head)
	var q mat.Dense
	qr.QTo(&q)
	b := general(q.Slice(0, w.Rows, 0, r))
	return factors{a: product(blas.Trans, b, blas.NoTrans, w), b: b}
}

// exactSVD is the smaller side up to which a singular value decomposition is computed whole.
const exactSVD = 384

// pissa is A = √(S/scale)·Vᵀ and B = U·√(S/scale) of the r largest singular values of W = U·S·Vᵀ.
func pissa(w blas32.General, r, rounds int, scale float64) (factors, error) {
	core, left := w, blas32.General{}
	if rounds > 0 || min(w.Rows, w.Cols) > exactSVD {
		if rounds == 0 {
			rounds = 16
		}
		left = subspace(w, min(r+10, w.Rows, w.Cols), rounds)
		core = product(blas.Trans, left, blas.NoTrans, w) // W ≈ left·core
	}
	var svd mat.SVD
	if !svd.Factorize(dense(core), mat.SVDThin) {
		return factors{}, fmt.Errorf("the weight has no singular value decomposition")
	}
	var u, v mat.Dense
	svd.UTo(&u)
	svd.VTo(&v)
	values := svd.Values(nil)
	f := factors{a: blas32.General{Rows: r, Cols: w.Cols, Stride: w.Cols, Data: make([]float32, r*w.Cols)}}
	b := blas32.General{Rows: core.Rows, Cols: r, Stride: r, Data: make([]float32, core.Rows*r)}
	for k := range r {
		root := math.Sqrt(values[k] / scale)
		for j := range w.Cols {
			f.a.Data[k*w.Cols+j] = float32(root * v.At(j, k))
		}
		for i := range core.Rows {
			b.Data[i*r+k] = float32(root * u.At(i, k))
		}
	}
	f.b = b
	if left.Data != nil {
		f.b = product(blas.NoTrans, left, blas.NoTrans, b)
	}
	return f, nil
}

// subspace is n orthonormal columns that span W's largest left singular vectors nearly, by subspace iteration from
// fixed pseudorandom ones (Halko et al. 2011).
func subspace(w blas32.General, n, rounds int) blas32.General {
	x := blas32.General{Rows: w.Cols, Cols: n, Stride: n, Data: make([]float32, w.Cols*n)}
	state := uint32(1)
	for i := range x.Data {
		state = state*1664525 + 1013904223 // Numerical Recipes' generator: any full-rank start serves
		x.Data[i] = float32(state>>8)/(1<<23) - 1
	}
	var q blas32.General
	for range rounds {
		q = orthonormal(product(blas.NoTrans, w, blas.NoTrans, x))
		x = orthonormal(product(blas.Trans, w, blas.NoTrans, q))
	}
	return orthonormal(product(blas.NoTrans, w, blas.NoTrans, x))
}

func orthonormal(x blas32.General) blas32.General {
	var qr mat.QR
	qr.Factorize(dense(x))
	var q mat.Dense
	qr.QTo(&q)
	return general(q.Slice(0, x.Rows, 0, x.Cols))
}

func product(ta blas.Transpose, a blas32.General, tb blas.Transpose, b blas32.General) blas32.General {
	rows, cols := a.Rows, b.Cols
	if ta == blas.Trans {
		rows = a.Cols
	}
	if tb == blas.Trans {
		cols = b.Rows
	}
	c := blas32.General{Rows: rows, Cols: cols, Stride: cols, Data: make([]float32, rows*cols)}
	blas32.Gemm(ta, tb, 1, a, b, 0, c)
	return c
}

func dense(a blas32.General) *mat.Dense {
	d := mat.NewDense(a.Rows, a.Cols, nil)
	for i := range a.Rows {
		for j := range a.Cols {
			d.Set(i, j, float64(a.Data[i*a.Stride+j]))
		}
	}
	return d
}

func general(m mat.Matrix) blas32.General {
	rows, cols := m.Dims()
	g := blas32.General{Rows: rows, Cols: cols, Stride: cols, Data: make([]float32, rows*cols)}
	for i := range rows {
		for j := range cols {
			g.Data[i*cols+j] = float32(m.At(i, j))
		}
	}
	return g
}

// Stored is the plain LoRA [A;A₀], [B,-B₀] that does the same to the base as it is.
func (l startedLoRA) Stored(read func(string, ...int) (*tensor.Tensor, error)) (map[string]*tensor.Tensor, error) {
	out := map[string]*tensor.Tensor{}
	for path, m := range l.modules {
		name, f := prefix+path, l.firsts[path]
		if f.a.Data == nil {
			return nil, fmt.Errorf("BUG: adapter: %s has no first values", path)
		}
		in, rows := f.a.Cols, f.b.Rows
		a, err := read(name+".lora_A.weight", m.r, in)
		if err != nil {
			return nil, err
		}
		b, err := read(name+".lora_B.weight", rows, m.r)
		if err != nil {
			return nil, err
		}
		out[name+".lora_A.weight"] = tensor.FromFloats(append(slices.Clone(a.Floats()), f.a.Data...), 2*m.r, in)
		both := make([]float32, 0, 2*rows*m.r)
		for i := range rows {
			both = append(both, b.Floats()[i*m.r:][:m.r]...)
			for _, v := range f.b.Data[i*m.r:][:m.r] {
				both = append(both, -v)
			}
		}
		out[name+".lora_B.weight"] = tensor.FromFloats(both, rows, 2*m.r)
	}
	return out, nil
}

// MarshalConfig describes what Stored gives: twice the rank at the same scale.
func (l startedLoRA) MarshalConfig() ([]byte, error) {
	c := l.loraConfig
	grow := 2.0
	if c.UseRSLora {
		grow = math.Sqrt2
	}
	times := func(o orderedNums, by float64) orderedNums {
		o.m = maps.Clone(o.m)
		for k := range o.m {
			o.m[k] *= by
		}
		return o
	}
	c.R, c.LoraAlpha = 2*c.R, grow*c.LoraAlpha
	c.RankPattern, c.AlphaPattern = times(c.RankPattern, 2), times(c.AlphaPattern, grow)
	return c.marshal()
}
