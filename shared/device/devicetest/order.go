package devicetest

import (
	"slices"
	"testing"

	"graft/shared/graph"
	"graft/shared/op"
	"graft/shared/tensor"
)

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
