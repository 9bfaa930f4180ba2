package devicetest

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"testing"

	"graft/shared/device"
	"graft/shared/graph"
	"graft/shared/tensor"
)

// testCase is one op over operands of certain types and shapes.
type testCase struct {
	name   string
	args   []arg
	record func(v []graph.Value) []graph.Value
	bounds []bound // of each result; the last one serves the results after it, too
}

// arg is one operand: a leaf and how its values are made.
type arg struct {
	tensor.Spec
	kind graph.Kind
	fill filler
}

func (c *testCase) make(opName string) []*tensor.Tensor {
	r := seeded(opName + c.name)
	args := make([]*tensor.Tensor, len(c.args))
	for i, a := range c.args {
		args[i] = a.make(r)
	}
	return args
}

// seeded are numbers that depend on a name only.
func seeded(name string) *rand.Rand {
	h := fnv.New64a()
	fmt.Fprint(h, name)
	return rand.New(rand.NewPCG(1, h.Sum64()))
}

func (a arg) make(r *rand.Rand) *tensor.Tensor {
	t := tensor.Make(a.Spec)
	a.fill(r, t)
	return t
}

// graph records the case, with the names to read its results by.
func (c *testCase) graph() (*graph.Graph, []string) {
	g := graph.New()
	v := make([]graph.Value, len(c.args))
	for i, a := range c.args {
		v[i] = g.Leaf(a.kind, argName(i), a.DType, a.Shape...)
	}
	results := c.record(v)
	names := make([]string, len(results))
	for i, r := range results {
		names[i] = export(g, r, i)
	}
	return g, names
}

// run computes the case's results on a device.
func (c *testCase) run(t *testing.T, dev device.Device, args []*tensor.Tensor) []*tensor.Tensor {
	t.Helper()
	g, names := c.graph()
	s := newSession(t, dev, g, graph.Options{})
	defer s.close()
	for i, a := range args {
		s.write(argName(i), a)
	}
	s.run()
	out := make([]*tensor.Tensor, len(names))
	for i, name := range names {
		out[i] = s.read(name)
	}
	return out
}

func argName(i int) string { return fmt.Sprintf("arg%d", i) }

// export makes a result readable and returns the name to read it by: an output's, or that of the leaf it overwrites.
func export(g *graph.Graph, v graph.Value, i int) string {
	if v.Kind() == graph.Temp || g.Err() != nil {
		name := fmt.Sprintf("out%d", i)
		g.Output(name, v)
		return name
	}
	g.Keep(v)
	for g.Node(v.NodeIndex()).Op() != nil {
		v = overwritten(g, v)
	}
	var name string
	g.Leaves(func(leaf graph.Value, _ graph.Kind, n string) bool {
		name = n
		return leaf != v
	})
	return name
}

// overwritten is the operand whose storage v took.
func overwritten(g *graph.Graph, v graph.Value) graph.Value {
	n := g.Node(v.NodeIndex())
	over := n.Op().(graph.Overwriter).Overwrites()
	return n.In()[over[slices.Index(n.Out(), v)]]
}

// compare holds result i to the reference.
func (c *testCase) compare(t *testing.T, i int, want, got *tensor.Tensor, args []*tensor.Tensor) {
	t.Helper()
	b := c.bounds[min(i, len(c.bounds)-1)]
	if err := b.check(want, got, args); err != nil {
		t.Errorf("result %d: %v", i, err)
	}
}
