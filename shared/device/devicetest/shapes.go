package devicetest

import (
	"fmt"

	"graft/shared/graph"
	"graft/shared/tensor"
)

// matrices are rows and columns: tiny, odd, around the widths of vectors, one row, one column, many rows, large.
var matrices = [][2]int{{1, 1}, {1, 7}, {3, 5}, {2, 16}, {5, 33}, {1, 100}, {33, 1}, {17, 64}, {64, 257}, {130, 96}, {3, 4099}}

// forEach makes cases for each shape.
func forEach(make func(rows, cols int) []testCase) (cases []testCase) {
	for _, m := range matrices {
		for _, c := range make(m[0], m[1]) {
			c.name = fmt.Sprintf("%dx%d %s", m[0], m[1], c.name)
			cases = append(cases, c)
		}
	}
	return cases
}

// one records an op with one result over the operands in their order.
func one(f func(v []graph.Value) graph.Value) func(v []graph.Value) []graph.Value {
	return func(v []graph.Value) []graph.Value { return []graph.Value{f(v)} }
}

func of1(f func(x graph.Value) graph.Value) func(v []graph.Value) []graph.Value {
	return func(v []graph.Value) []graph.Value { return []graph.Value{f(v[0])} }
}

func of2(f func(a, b graph.Value) graph.Value) func(v []graph.Value) []graph.Value {
	return func(v []graph.Value) []graph.Value { return []graph.Value{f(v[0], v[1])} }
}

// plain are the types that hold numbers one by one, blocks the others.
var (
	plain  = []tensor.DType{tensor.F32, tensor.F16, tensor.BF16}
	blocks = func() (list []tensor.DType) {
		for d := range tensor.DTypes {
			if d.IsBlock() {
				list = append(list, d)
			}
		}
		return list
	}()
	reals = append(append([]tensor.DType{}, plain...), blocks...)
)
