//go:build cgo

package cpu

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"graft/shared/device"
	"graft/shared/graph"
	"graft/shared/op"
	"graft/shared/quant"
	"graft/shared/tensor"
)

// product is a matmul of sizes at which kernels work in several passes, chunks and panels, which the conformance suite
// is too small for.
type product struct {
	d          tensor.DType
	m, n, k    int
	ta, tb     bool
	bits       int     // of activations
	relativeTo float64 // error allowed, of the root mean square of the results
}

// Errors of f32 sums of some thousand products; of activations rounded to 16 bits, and weights too where the product
// goes across their blocks; of activations rounded to 8.
const (
	f32Error   = 1e-6
	int16Error = 3e-4
	int8Error  = 1e-2
)

func products() (all []product) {
	add := func(p product) { all = append(all, p) }
	for _, d := range []tensor.DType{tensor.F32, tensor.F16, tensor.BF16} {
		add(product{d: d, m: 130, n: 200, k: 1100, tb: true, relativeTo: f32Error})
		add(product{d: d, m: 101, n: 328, k: 600, relativeTo: f32Error})
		add(product{d: d, m: 3, n: 77, k: 2050, tb: true, relativeTo: f32Error})
	}
	add(product{d: tensor.F32, m: 203, n: 160, k: 700, ta: true, relativeTo: f32Error})
	for _, d := range []tensor.DType{tensor.Q8_0, tensor.Q4_0, tensor.Q4_1, tensor.NF4, tensor.Q4_K, tensor.Q5_K, tensor.Q6_K} {
		n := (320 + d.BlockValues() - 1) / d.BlockValues() * d.BlockValues()
		k := 1600 / d.BlockValues() * d.BlockValues()
		for _, m := range []int{1, 6, 70} { // few rows, two tiles of few rows, panels
			add(product{d: d, m: m, n: 183, k: k, tb: true, bits: 8, relativeTo: int8Error})
		}
		add(product{d: d, m: 70, n: 183, k: k, tb: true, relativeTo: f32Error})
		add(product{d: d, m: 70, n: 183, k: k, tb: true, bits: 16, relativeTo: int16Error})
		add(product{d: d, m: 70, n: n, k: 1001, bits: 16, relativeTo: int16Error})
		add(product{d: d, m: 70, n: n, k: 1001, relativeTo: f32Error})
	}
	return all
}

func (p product) String() string {
	return fmt.Sprintf("%v %dx%dx%d ta=%t tb=%t activations=%d", p.d, p.m, p.n, p.k, p.ta, p.tb, p.bits)
}

// operands are random, and decoded; weights of blocks at random scales.
func (p product) operands(t testing.TB) (a, b *tensor.Tensor, plain []float32) {
	t.Helper()
	r := rand.New(rand.NewPCG(uint64(p.n), uint64(p.k)))
	random := func(v []float32) []float32 {
		for i := range v {
			v[i] = float32(r.NormFloat64())
		}
		return v
	}
	rows, cols := p.k, p.n
	if p.tb {
		rows, cols = p.n, p.k
	}
	b = tensor.Make(tensor.Of(p.d, rows, cols))
	if err := quant.Encode(p.d, b.Data, random(make([]float32, rows*cols))); err != nil {
		t.Fatal(err)
	}
	plain = make([]float32, rows*cols)
	quant.Decode(p.d, plain, b.Data)
	a = tensor.Make(tensor.Of(tensor.F32, p.m, p.k))
	if p.ta {
		a = tensor.Make(tensor.Of(tensor.F32, p.k, p.m))
	}
	random(a.Floats())
	return a, b, plain
}

func (p product) record(g *graph.Graph) {
	shape := []int{p.m, p.k}
	if p.ta {
		shape = []int{p.k, p.m}
	}
	w := []int{p.k, p.n}
	if p.tb {
		w = []int{p.n, p.k}
	}
	g.Output("y", op.MatMul(g.Leaf(graph.Input, "x", tensor.F32, shape...), g.Leaf(graph.Weight, "w", p.d, w...),
		op.MatMulConfig{TransposeA: p.ta, TransposeB: p.tb, Activations: p.bits}))
}

// prepared is p compiled and bound on a device.
type prepared struct {
	testing.TB
	e device.Executable
	y device.Buffer
}

func (p product) prepare(t testing.TB, o Options, a, b *tensor.Tensor) prepared {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	d, err := Open(o)
	must(err)
	t.Cleanup(func() { d.Close() })
	g := graph.New()
	p.record(g)
	program, err := g.Compile(d.Supports, graph.Options{})
	must(err)
	e, err := d.Compile(program)
	must(err)
	t.Cleanup(func() { e.Close() })
	r := prepared{t, e, nil}
	for _, s := range program.Slots {
		m, err := d.Alloc(s.Size())
		must(err)
		t.Cleanup(func() { m.Close() })
		must(e.Bind(s.Name, m))
		switch s.Name {
		case "x":
			_, err = m.WriteAt(a.Data, 0)
		case "w":
			_, err = m.WriteAt(b.Data, 0)
		case "y":
			r.y = m
		}
		must(err)
	}
	return r
}

func (r prepared) run() {
	r.Helper()
	if err := r.e.Run(r.Context()); err != nil {
		r.Fatal(err)
	}
}

// result computes p on a device.
func (p product) result(t *testing.T, o Options, a, b *tensor.Tensor) *tensor.Tensor {
	t.Helper()
	r := p.prepare(t, o, a, b)
	r.run()
	y := tensor.Make(tensor.Of(tensor.F32, p.m, p.n))
	if _, err := r.y.ReadAt(y.Data, 0); err != nil {
		t.Fatal(err)
	}
	return y
}

// errorOf is the root mean square of y's error, of that of the exact results.
func (p product) errorOf(a, y *tensor.Tensor, b []float32) float64 {
	x, got := a.Floats(), y.Floats()
	var off, all float64
	for i := range p.m {
		for j := range p.n {
			var s float64
			for k := range p.k {
				u, v := i*p.k+k, k*p.n+j
				if p.ta {
					u = k*p.m + i
				}
				if p.tb {
					v = j*p.k + k
				}
				s += float64(x[u]) * float64(b[v])
			}
			e := float64(got[i*p.n+j]) - s
			off, all = off+e*e, all+s*s
		}
	}
	return math.Sqrt(off / all)
}

// TestProducts holds products of many panels and passes to float64, and to the same bits on three threads.
func TestProducts(t *testing.T) {
	for _, p := range products() {
		t.Run(p.String(), func(t *testing.T) {
			a, b, plain := p.operands(t)
			for _, isa := range ISAs() {
				y := p.result(t, Options{Threads: 1, ISA: isa}, a, b)
				if e := p.errorOf(a, y, plain); !(e < p.relativeTo) {
					t.Errorf("%s: relative error %.2g, expected less than %.2g", isa, e, p.relativeTo)
				}
				if three := p.result(t, Options{Threads: 3, ISA: isa}, a, b); !bytes.Equal(three.Data, y.Data) {
					t.Errorf("%s: three threads give other bits than one", isa)
				}
			}
		})
	}
}

// BenchmarkMatMul has the shapes of SmolLM2-135M's layers and of a 1B model's, for decoding, few rows and prefill. The
// limits of one core of Zen 3 at 3.2 GHz: 104 GFLOP/s in f32, 167 GOP/s in products of 16 bits, 334 of 8; 16 GB/s of
// main memory, which divides decoding of 4-bit weights at 57 GOP/s, of 8-bit ones at 30.
func BenchmarkMatMul(b *testing.B) {
	for _, w := range [][2]int{{576, 576}, {1536, 576}, {576, 1536}, {8192, 2048}} {
		for _, m := range []int{1, 4, 32, 512} {
			for _, k := range []product{
				{d: tensor.F32, tb: true}, {d: tensor.Q8_0, tb: true, bits: 8}, {d: tensor.Q4_0, tb: true, bits: 8}, {d: tensor.Q4_1, tb: true, bits: 8},
				{d: tensor.NF4, tb: true, bits: 16}, {d: tensor.NF4, bits: 16},
				{d: tensor.Q4_K, tb: true, bits: 8}, {d: tensor.Q5_K, tb: true, bits: 8}, {d: tensor.Q6_K, tb: true, bits: 8}, {d: tensor.Q4_K, bits: 16},
			} {
				if w[0]%k.d.BlockValues() != 0 || w[1]%k.d.BlockValues() != 0 {
					continue
				}
				k.m, k.n, k.k = m, w[0], w[1]
				if !k.tb {
					k.n, k.k = w[1], w[0] // the gradient of the same layer
				}
				for _, threads := range []int{1, 2} {
					b.Run(fmt.Sprintf("%v/%d threads", k, threads), func(b *testing.B) {
						a, w, _ := k.operands(b)
						r := k.prepare(b, Options{Threads: threads}, a, w)
						for b.Loop() {
							r.run()
						}
						b.ReportMetric(2*float64(k.m)*float64(k.n)*float64(k.k)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GOP/s")
					})
				}
			}
		}
	}
}
