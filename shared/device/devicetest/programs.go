package devicetest

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"graft/shared/device"
	"graft/shared/graph"
	"graft/shared/op"
	"graft/shared/tensor"
)

// loose is the tolerance after some steps of a program, each of which multiplies what was wrong before it.
const loose = 1e-3

// scenarios are what programs need beyond single ops.
var scenarios = []struct {
	name string
	run  func(t *testing.T, open Opener)
}{
	{"random", randomPrograms},
	{"many small steps", smallSteps},
	{"cached decoding", decoding},
	{"training", training},
	{"read before overwritten", readBeforeOverwritten},
	{"one weight for gather and matmul", tiedWeights},
	{"mapped weight", mappedWeight},
	{"two programs on one memory", twoPrograms},
}

func programs(t *testing.T, open Opener) {
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) { s.run(t, open) })
	}
}

// smallSteps is a long chain in which each step needs the one before, so that a missing barrier shows.
func smallSteps(t *testing.T, open Opener) {
	g := graph.New()
	x := g.Leaf(graph.Input, "x", tensor.F32, 33, 7)
	one := g.Leaf(graph.Input, "one", tensor.F32, 1)
	y, z := x, x
	const steps = 400
	for i := range steps {
		if i%3 == 0 {
			z = op.Scale(y, -1)
		}
		y = op.Add(op.Add(y, one), op.Add(z, op.Scale(z, -1)))
	}
	g.Output("y", y)
	s := newSession(t, opened(t, open), g, graph.Options{})
	defer s.close()
	s.write("one", tensor.FromFloats([]float32{1}, 1))
	for range 3 {
		s.run()
		for i, v := range s.read("y").Floats() {
			if v != steps {
				t.Fatalf("value %d is %g, expected %d", i, v, steps)
			}
		}
	}
}

// decoding writes a token a run into caches and attends them in the same program.
func decoding(t *testing.T, open Opener) {
	const slots, heads, kv, dim = 40, 4, 2, 32
	dev := opened(t, open)
	for _, d := range []tensor.DType{tensor.F32, tensor.F16, tensor.BF16, tensor.Q8_0} {
		t.Run(d.String(), func(t *testing.T) {
			g := graph.New()
			at := g.Leaf(graph.Input, "at", tensor.I32, 2)
			hi := g.Leaf(graph.Input, "hi", tensor.I32, 2)
			lo := g.Leaf(graph.Input, "lo", tensor.I32, 2)
			q := g.Leaf(graph.Input, "q", tensor.F32, 2, heads*dim)
			x := g.Leaf(graph.Input, "x", tensor.F32, 2, kv*dim)
			k := op.Write(g.Leaf(graph.State, "k", d, slots, kv*dim), x, at)
			v := op.Write(g.Leaf(graph.State, "v", d, slots, kv*dim), op.Scale(x, 0.5), at)
			o, _ := op.Attention(q, k, v, lo, hi, op.AttentionConfig{Heads: heads, KVHeads: kv, Scale: 0.2})
			g.Output("o", o)
			ref := newSession(t, device.Reference(), g, graph.Options{})
			defer ref.close()
			s := newSession(t, dev, g, graph.Options{})
			defer s.close()
			r := seeded(d.String())
			for step := range 6 {
				q, x := input(2, heads*dim), input(2, kv*dim)
				inputs := map[string]*tensor.Tensor{"q": q.make(r), "x": x.make(r),
					"at": tensor.FromInts([]int32{int32(step), int32(20 + step)}, 2),
					"lo": tensor.FromInts([]int32{0, 20}, 2),
					"hi": tensor.FromInts([]int32{int32(step + 1), int32(21 + step)}, 2)}
				for name, v := range inputs {
					ref.write(name, v)
					s.write(name, v)
				}
				ref.run()
				s.run()
				// A code that a device rounds the other way is one step of 127.
				b := bound{relative: map[bool]float64{false: 2 * sums, true: 1e-2}[d.IsBlock()], floor: 1}
				if err := b.check(ref.read("o"), s.read("o"), nil); err != nil {
					t.Errorf("run %d: %v", step, err)
				}
			}
		})
	}
}

// training is a few steps of AdamW on a linear layer with the gradient accumulated over two runs a step.
func training(t *testing.T, open Opener) {
	const rows, width, height = 9, 33, 17
	config := op.AdamWConfig{Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, WeightDecay: 0.1}
	forward := graph.New()
	{
		g := forward
		x := g.Leaf(graph.Input, "x", tensor.F32, rows, width)
		target := g.Leaf(graph.Input, "target", tensor.I32, rows)
		weights := g.Leaf(graph.Input, "weights", tensor.F32, rows)
		w := g.Leaf(graph.Param, "w", tensor.F32, height, width)
		logits := op.Linear(x, w)
		g.Output("loss", op.CrossEntropy(logits, target, 0))
		dw := op.MatMul(op.CrossEntropyGrad(logits, target, weights, 0), x, op.MatMulConfig{TransposeA: true})
		g.Keep(op.Accumulate(g.Leaf(graph.State, "dw", tensor.F32, height, width), dw, g.Leaf(graph.Input, "keep", tensor.F32, 1)))
	}
	update := graph.New()
	{
		g := update
		shape := []int{height, width}
		dw := g.Leaf(graph.State, "dw", tensor.F32, shape...)
		limit, norm := op.ClipScale(op.SumSquares(dw), 1)
		p, m, v := op.AdamW(g.Leaf(graph.Param, "w", tensor.F32, shape...), g.Leaf(graph.State, "m", tensor.F32, shape...),
			g.Leaf(graph.State, "v", tensor.F32, shape...), op.Mul(dw, limit), g.Leaf(graph.Input, "hyper", tensor.F32, 4), config)
		g.Keep(p, m, v)
		g.Output("norm", norm)
	}
	train := func(dev device.Device) (losses []float32, w *tensor.Tensor) {
		f := newSession(t, dev, forward, graph.Options{})
		defer f.close()
		u := newSession(t, dev, update, graph.Options{})
		defer u.close()
		for _, name := range []string{"w", "dw"} {
			u.share(name, f)
		}
		r := seeded("training")
		f.write("w", input(height, width).with(spread(0.1)).make(r))
		x, target := input(rows, width).make(r), indexes(rows, below(height)).make(r)
		f.write("x", x)
		f.write("target", target)
		f.write("weights", tensor.FromFloats(slices.Repeat([]float32{1. / rows}, rows), rows))
		for step := range 5 {
			for half := range 2 {
				f.write("keep", tensor.FromFloats([]float32{float32(half)}, 1))
				f.run()
			}
			losses = append(losses, f.read("loss").Floats()...)
			u.write("hyper", tensor.FromFloats(config.Hyper(step+1, 0.01, 0.5), 4))
			u.run()
		}
		return losses, f.read("w")
	}
	wantLoss, wantW := train(device.Reference())
	gotLoss, gotW := train(opened(t, open))
	b := bound{relative: loose, floor: 1}
	if err := b.check(tensor.FromFloats(wantLoss, 5, rows), tensor.FromFloats(gotLoss, 5, rows), nil); err != nil {
		t.Errorf("losses: %v", err)
	}
	if err := b.check(wantW, gotW, nil); err != nil {
		t.Errorf("weights: %v", err)
	}
	if sum(gotLoss[4*rows:]) >= sum(gotLoss[:rows]) {
		t.Errorf("the loss went from %g to %g, expected less", sum(gotLoss[:rows]), sum(gotLoss[4*rows:]))
	}
}

func sum(v []float32) (s float64) {
	for _, x := range v {
		s += float64(x)
	}
	return s
}

// readBeforeOverwritten reads a parameter in the step before the one that overwrites it, and after.
func readBeforeOverwritten(t *testing.T, open Opener) {
	const n = 5000
	g := graph.New()
	acc := g.Leaf(graph.State, "acc", tensor.F32, n)
	add := g.Leaf(graph.Input, "add", tensor.F32, n)
	keep := g.Leaf(graph.Input, "keep", tensor.F32, 1)
	before := op.Scale(acc, 2)
	after := op.Accumulate(acc, add, keep)
	twice := op.Accumulate(after, op.Scale(after, 1), keep)
	g.Output("before", before)
	g.Output("after", op.Scale(twice, 1))
	s := newSession(t, opened(t, open), g, graph.Options{})
	defer s.close()
	ones := tensor.FromFloats(slices.Repeat([]float32{1}, n), n)
	s.write("acc", ones)
	s.write("add", ones)
	s.write("keep", tensor.FromFloats([]float32{1}, 1))
	acc0 := float32(1)
	for run := range 4 {
		s.run()
		want := map[string]float32{"before": 2 * acc0, "after": 2 * (acc0 + 1)}
		acc0 = want["after"]
		for name, w := range want {
			for i, v := range s.read(name).Floats() {
				if v != w {
					t.Fatalf("run %d: %s[%d] is %g, expected %g", run, name, i, v, w)
				}
			}
		}
	}
}

// tiedWeights uses one weight as a table and both ways in products: whatever layout a device gives it, all must
// read it right.
func tiedWeights(t *testing.T, open Opener) {
	dev := opened(t, open)
	for _, d := range reals {
		for _, rows := range []int{7, 16, 37} {
			t.Run(fmt.Sprintf("%v %d rows", d, rows), func(t *testing.T) {
				width := 2 * d.BlockValues()
				g := graph.New()
				w := g.Leaf(graph.Weight, "w", d, rows, width)
				index := g.Leaf(graph.Input, "index", tensor.I32, rows)
				h := op.Gather(w, index)
				logits := op.Linear(op.Scale(h, 0.1), w)
				loss, dh := op.LinearCrossEntropy(op.Scale(h, 0.1), w, index, 0)
				g.Output("h", h)
				g.Output("logits", logits)
				g.Output("back", op.MatMul(logits, w, op.MatMulConfig{}))
				g.Output("loss", loss)
				g.Output("dh", dh)
				values := map[string]*tensor.Tensor{
					"w":     weight(d, rows, width).make(seeded(d.String())),
					"index": indexes(rows, nil).with(distinct(rows, rows).fill).make(seeded("index")),
				}
				compareRuns(t, dev, g, values, loose)
			})
		}
	}
}

// compareRuns holds every output of g on dev to the reference.
func compareRuns(t *testing.T, dev device.Device, g *graph.Graph, values map[string]*tensor.Tensor, relative float64) {
	t.Helper()
	run := func(dev device.Device) map[string]*tensor.Tensor {
		s := newSession(t, dev, g, graph.Options{})
		defer s.close()
		for name, v := range values {
			s.write(name, v)
		}
		s.run()
		return s.outputs()
	}
	want, got := run(device.Reference()), run(dev)
	for name := range want {
		if err := (bound{relative: relative, floor: 1}).check(want[name], got[name], nil); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// mappedWeight runs on memory the device did not allocate, which it must not write to.
func mappedWeight(t *testing.T, open Opener) {
	dev := opened(t, open)
	mapper, ok := dev.(device.Mapper)
	if !ok {
		t.Skipf("%s can't map memory", dev.Name())
	}
	for _, d := range reals {
		t.Run(d.String(), func(t *testing.T) {
			g := graph.New()
			w := g.Leaf(graph.Weight, "w", d, 37, d.BlockValues())
			g.Output("y", op.Linear(g.Leaf(graph.Input, "x", tensor.F32, 3, d.BlockValues()), w))
			values := map[string]*tensor.Tensor{"w": weight(d, 37, d.BlockValues()).make(seeded("w")), "x": input(3, d.BlockValues()).make(seeded("x"))}
			run := func(mapped bool) *tensor.Tensor {
				s := newSession(t, dev, g, graph.Options{})
				defer s.close()
				s.write("x", values["x"])
				if !mapped {
					s.write("w", values["w"])
				} else {
					data := bytes.Clone(values["w"].Data)
					b, err := mapper.Map(data)
					if err != nil {
						t.Fatalf("map: %v", err)
					}
					s.replace("w", b)
					defer func() {
						if !bytes.Equal(data, values["w"].Data) {
							t.Error("mapped memory was written to")
						}
					}()
				}
				s.run()
				return s.read("y")
			}
			if err := (bound{relative: sums, floor: 1}).check(run(false), run(true), nil); err != nil {
				t.Errorf("mapped: %v", err)
			}
		})
	}
}

// twoPrograms run in turn over shared weights and, on some devices, a shared arena.
func twoPrograms(t *testing.T, open Opener) {
	dev := opened(t, open)
	record := func(rows int) *graph.Graph {
		g := graph.New()
		w := g.Leaf(graph.Weight, "w", tensor.Q8_0, 64, 64)
		x := g.Leaf(graph.Input, "x", tensor.F32, rows, 64)
		for range 3 {
			x = op.Activation(op.Scale(op.Linear(x, w), 0.1), op.SiLU)
		}
		g.Output("y", x)
		return g
	}
	small, large := newSession(t, dev, record(1), graph.Options{}), newSession(t, dev, record(50), graph.Options{})
	defer large.close()
	defer small.close()
	large.share("w", small)
	r := seeded("two")
	small.write("w", weight(tensor.Q8_0, 64, 64).make(r))
	x := input(50, 64).make(r)
	large.write("x", x)
	small.write("x", &tensor.Tensor{Spec: tensor.Of(tensor.F32, 1, 64), Data: x.Data[:256]})
	small.run()
	want := small.read("y")
	large.run()
	first := tensor.Tensor{Spec: want.Spec, Data: large.read("y").Data[:256]}
	if err := (bound{relative: sums, floor: 1}).check(want, &first, nil); err != nil {
		t.Errorf("the same row in the larger program: %v", err)
	}
	small.run()
	sameBits(t, "the result after another program's run", 0, want, small.read("y"))
}
