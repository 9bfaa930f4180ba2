package devicetest

import (
	"bytes"
	"fmt"
	"testing"

	"graft/shared/device"
	"graft/shared/graph"
	"graft/shared/op"
	"graft/shared/tensor"
)

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
