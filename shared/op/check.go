package op

import (
	"fmt"
	"slices"
	"strings"

	"graft/shared/graph"
	"graft/shared/tensor"
)

// types is a set of storage types.
type types uint32

const (
	f32    types = 1 << tensor.F32
	i32    types = 1 << tensor.I32
	u8     types = 1 << tensor.U8
	plain        = f32 | 1<<tensor.F16 | 1<<tensor.BF16
	caches       = plain | 1<<tensor.Q8_0
	reals        = ^types(1<<tensor.Invalid | 1<<tensor.I32 | 1<<tensor.U8) // plain or in blocks
)

func (t types) has(d tensor.DType) bool { return t>>d&1 != 0 }

func (t types) String() string {
	if t == reals {
		return "a type of real numbers"
	}
	var names []string
	for d := range tensor.DTypes {
		if t.has(d) {
			names = append(names, d.String())
		}
	}
	return strings.Join(names, " or ")
}

// operands checks the operands of one op. It keeps the first mistake, and what it returns after that is only
// good for going on.
type operands struct {
	names []string
	specs []tensor.Spec
	err   error
}

// check begins with the number of operands.
func check(o graph.Op, specs []tensor.Spec) *operands {
	i := slices.IndexFunc(table, func(r Row) bool { return r.Op.Name() == o.Name() })
	c := &operands{names: table[i].In, specs: specs}
	least := 0
	for _, name := range c.names {
		if !strings.HasSuffix(name, "?") {
			least++
		}
	}
	c.must(least <= len(specs) && len(specs) <= len(c.names), "%d operands, expected %s", len(specs), strings.Join(c.names, ", "))
	return c
}

// must keeps a mistake unless ok.
func (c *operands) must(ok bool, format string, args ...any) {
	if !ok && c.err == nil {
		c.err = fmt.Errorf(format, args...)
	}
}

// name is what the table calls operand i.
func (c *operands) name(i int) string { return strings.TrimSuffix(c.names[i], "?") }

// typed returns the shape of operand i, whose type is one of t.
func (c *operands) typed(i int, t types) tensor.Shape {
	if c.err != nil {
		return tensor.Shape{1, 1, 1, 1}
	}
	c.must(t.has(c.specs[i].DType), "%s is %v, expected %v", c.name(i), c.specs[i], t)
	return c.specs[i].Shape
}

// rank is typed with a number of dimensions; it returns as many sizes whatever happens.
func (c *operands) rank(i int, t types, rank int) tensor.Shape {
	s := c.typed(i, t)
	c.must(len(s) == rank, "%s has shape %v, expected %d dimensions", c.names[i], s, rank)
	if c.err != nil {
		return tensor.Shape{1, 1, 1, 1}[:rank]
	}
	return s
}

// like is typed with the sizes expected.
func (c *operands) like(i int, t types, dims ...int) {
	s := c.typed(i, t)
	c.must(s.Equal(dims), "%s has shape %v, expected %v", c.names[i], s, dims)
}

// gives returns the results' specs, or the mistake.
func (c *operands) gives(results ...tensor.Spec) ([]tensor.Spec, error) {
	for _, r := range results {
		if c.err == nil {
			c.err = r.Check()
		}
	}
	if c.err != nil {
		return nil, c.err
	}
	return results, nil
}

// result is an f32 spec.
func result(dims ...int) tensor.Spec { return tensor.Spec{DType: tensor.F32, Shape: dims} }

// same checks that all operands are f32 of one shape and gives n results like them.
func (c *operands) same(n int) ([]tensor.Spec, error) {
	s := c.typed(0, f32)
	for i := 1; c.err == nil && i < len(c.specs); i++ {
		c.like(i, f32, s...)
	}
	return c.gives(slices.Repeat([]tensor.Spec{result(s...)}, n)...)
}

// noAttrs is embedded in ops without constants.
type noAttrs struct{}

func (noAttrs) Attrs() []graph.Attr { return nil }
