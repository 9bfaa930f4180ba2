package graph_test

import (
	"encoding/binary"
	"math/rand/v2"
	"strings"
	"testing"

	"graft/shared/graph"
	"graft/shared/op"
	"graft/shared/tensor"
)

func all(graph.Op, []tensor.Spec) bool { return true }

func input(g *graph.Graph, name string, shape ...int) graph.Value {
	return g.Leaf(graph.Input, name, tensor.F32, shape...)
}

func compile(t *testing.T, g *graph.Graph, o graph.Options) *graph.Program {
	t.Helper()
	p, err := g.Compile(all, o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestFirstMistakeIsKept(t *testing.T) {
	g := graph.New()
	x := input(g, "x", 3, 8)
	leave := g.At("layers.3.self_attn.q_proj")
	y := op.Linear(x, g.Leaf(graph.Weight, "w", tensor.F32, 8, 16))
	leave()
	g.At("later")
	op.Add(y, input(g, "other", 5))
	const want = "layers.3.self_attn.q_proj: matmul: inner dimensions differ: [3 8] x [8 16]"
	if err := g.Err(); err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("error %q, expected %q", err, want)
	}
	if _, err := g.Compile(all, graph.Options{}); err == nil {
		t.Error("a graph with a mistake was compiled")
	}
}

func TestLeafKeepsItsSpec(t *testing.T) {
	g := graph.New()
	a, b := input(g, "x", 4), input(g, "x", 4)
	if a != b || g.Err() != nil {
		t.Errorf("the same leaf is two values: %v", g.Err())
	}
	input(g, "x", 5)
	if err := g.Err(); err == nil || !strings.Contains(err.Error(), "x is asked for as input f32[5], and earlier as input f32[4]") {
		t.Errorf("error %v", err)
	}
}

func TestOverwritingAWeightIsAMistake(t *testing.T) {
	g := graph.New()
	op.Accumulate(g.Leaf(graph.Weight, "w", tensor.F32, 4), input(g, "g", 4), input(g, "keep", 1))
	if err := g.Err(); err == nil || !strings.Contains(err.Error(), "operand 0 is overwritten") {
		t.Errorf("error %v", err)
	}
}

func TestWhatNoOutputNeedsIsDropped(t *testing.T) {
	g := graph.New()
	x := input(g, "x", 4)
	op.Scale(input(g, "unused", 4), 3)
	g.Output("y", op.Add(x, x))
	p := compile(t, g, graph.Options{})
	if len(p.Steps) != 1 || len(p.Slots) != 2 || p.Arena != 0 {
		t.Errorf("%d steps, %d slots, arena %d; expected 1, 2, 0", len(p.Steps), len(p.Slots), p.Arena)
	}
}

// tangle records a random chain of ops in which old values are used again.
func tangle(r *rand.Rand) *graph.Graph {
	g := graph.New()
	values := []graph.Value{input(g, "x", 1+r.IntN(40), 16)}
	for range 60 {
		a := values[r.IntN(len(values))]
		b := values[max(0, len(values)-1-r.IntN(8))]
		if a.Shape().Equal(b.Shape()) {
			values = append(values, op.Add(a, b))
		} else {
			values = append(values, op.Scale(a, 2))
		}
		if r.IntN(3) == 0 {
			rows := 1 + r.IntN(40)
			w := g.Leaf(graph.Weight, "w"+string(rune('a'+len(values)%26))+string(rune('a'+rows)), tensor.F32, 16, 16)
			values = append(values, op.Linear(values[len(values)-1], w))
		}
	}
	g.Output("y", values[len(values)-1])
	return g
}

// TestPlan holds plans of random programs to what a plan promises: temporaries that are alive together are apart,
// and steps without a barrier between them touch no memory that one of them writes.
func TestPlan(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var arena, live, plain int
	for range 200 {
		g := tangle(r)
		p := compile(t, g, graph.Options{})
		arena, live = arena+p.Arena, live+p.Live
		plain += compile(t, g, graph.Options{Unplanned: true}).Arena
		apart(t, p)
		waits(t, p)
	}
	if arena < live || float64(arena) > 1.1*float64(live) || arena >= plain {
		t.Errorf("arenas are %d bytes in all, at least %d are needed, %d without a plan", arena, live, plain)
	}
}

func apart(t *testing.T, p *graph.Program) {
	t.Helper()
	last := map[int]int{}
	for i, s := range p.Steps {
		for _, v := range s.In {
			last[v] = i
		}
	}
	type living struct{ value, until int }
	var alive []living
	for i, s := range p.Steps {
		for _, v := range s.Out {
			at := p.Values[v]
			if at.Slot >= 0 {
				continue
			}
			if at.Offset%graph.Align != 0 || at.Offset+at.Size() > p.Arena {
				t.Fatalf("value %d at %d of %d bytes", v, at.Offset, p.Arena)
			}
			for _, l := range alive {
				o := p.Values[l.value]
				if l.until >= i && at.Offset < o.Offset+o.Size() && o.Offset < at.Offset+at.Size() {
					t.Fatalf("step %d: values %d and %d share memory", i, v, l.value)
				}
			}
			alive = append(alive, living{v, last[v]})
		}
	}
}

func waits(t *testing.T, p *graph.Program) {
	t.Helper()
	overlap := func(a, b int) bool {
		x, y := p.Values[a], p.Values[b]
		if x.Slot >= 0 || y.Slot >= 0 {
			return x.Slot == y.Slot
		}
		return x.Offset < y.Offset+y.Size() && y.Offset < x.Offset+x.Size()
	}
	for i, s := range p.Steps {
		for j := i - 1; j >= 0 && !p.Steps[j+1].Barrier; j-- {
			for _, v := range s.Out {
				for _, u := range append(append([]int{}, p.Steps[j].In...), p.Steps[j].Out...) {
					if overlap(u, v) {
						t.Fatalf("step %d writes what step %d uses, with no barrier between", i, j)
					}
				}
			}
			for _, v := range s.In {
				for _, u := range p.Steps[j].Out {
					if overlap(u, v) {
						t.Fatalf("step %d reads what step %d writes, with no barrier between", i, j)
					}
				}
			}
		}
	}
}

func TestFusedOpsExpand(t *testing.T) {
	g := graph.New()
	h, w := input(g, "h", 4, 16), g.Leaf(graph.Weight, "w", tensor.F32, 8, 16)
	loss, _ := op.LinearCrossEntropy(h, w, g.Leaf(graph.Input, "t", tensor.I32, 4), 0)
	g.Output("loss", loss)
	primitive := func(o graph.Op, _ []tensor.Spec) bool { _, ok := o.(graph.Primitive); return ok }
	p, err := g.Compile(primitive, graph.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range p.Steps {
		if _, ok := s.Op.(graph.Primitive); !ok {
			t.Errorf("%s is left", s.Op.Name())
		}
	}
	if len(p.Steps) < 2 {
		t.Errorf("%d steps", len(p.Steps))
	}
	none := func(o graph.Op, _ []tensor.Spec) bool { return false }
	if _, err := g.Compile(none, graph.Options{}); err == nil || !strings.Contains(err.Error(), "the device has no kernel for it") {
		t.Errorf("error %v", err)
	}
}

func TestEncode(t *testing.T) {
	g := graph.New()
	g.Output("y", op.Scale(op.Add(input(g, "x", 2, 3), input(g, "z", 3)), 0.5))
	p := compile(t, g, graph.Options{})
	b, err := p.Encode(op.Codes())
	if err != nil {
		t.Fatal(err)
	}
	if want := 32 + 40*4 + 104*2; len(b) != want {
		t.Fatalf("%d bytes, expected %d", len(b), want)
	}
	u32 := func(at int) int { return int(int32(binary.LittleEndian.Uint32(b[at:]))) }
	if string(b[:4]) != "GRFT" || u32(8) != 4 || u32(12) != 2 || u32(16) != 3 {
		t.Errorf("header %q", b[:32])
	}
	second := 32 + 40*4 + 104
	if u32(second) != op.Codes()["scale"] || u32(second+4) != 1 || u32(second+8) != 1 || u32(second+12) != 1 {
		t.Errorf("second command is op %d, flags %d, %d operands, %d results", u32(second), u32(second+4), u32(second+8), u32(second+12))
	}
	if u32(second+16+56) != 0x3f000000 {
		t.Errorf("attribute is %#x, expected the bits of 0.5", u32(second+16+56))
	}
	if _, err := p.Encode(map[string]int{}); err == nil {
		t.Error("an op without a number was encoded")
	}
}

func TestDump(t *testing.T) {
	g := graph.New()
	defer g.At("a")()
	g.Output("y", op.Scale(op.Add(input(g, "x", 2, 3), input(g, "z", 3)), 0.5))
	var s strings.Builder
	if err := compile(t, g, graph.Options{}).Dump(&s); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"= add(x, z)", "1 | y f32[2 3] = scale(%", "by=0.5", "arena 64 bytes"} {
		if !strings.Contains(s.String(), want) {
			t.Errorf("dump has no %q:\n%s", want, s.String())
		}
	}
}
