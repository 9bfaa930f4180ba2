package op

import (
	"graft/shared/graph"
	"graft/shared/tensor"
)

// spreads reports whether b can be the second operand of add and mul over a: of a's shape, or a vector that is
// repeated over a's rows, or one value.
func spreads(a, b tensor.Shape) bool {
	return a.Equal(b) || len(b) == 1 && (b[0] == a.Cols() || b[0] == 1)
}

func (c *operands) spread() ([]tensor.Spec, error) {
	a, b := c.typed(0, f32), c.typed(1, f32)
	c.must(spreads(a, b), "%v and %v differ, expected the second to be %v, [%d] or [1]", a, b, a, a.Cols())
	return c.gives(result(a...))
}

// gathered sums a gradient of a's shape to that of b: the reverse of spreading b.
func gathered(d, b graph.Value) graph.Value {
	switch {
	case d.Shape().Equal(b.Shape()):
		return d
	case b.Shape()[0] == 1:
		return Sum(d)
	default:
		return SumRows(d)
	}
}
