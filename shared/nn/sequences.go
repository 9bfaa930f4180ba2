package nn

import (
	"strconv"

	"graft/shared/graph"
	"graft/shared/op"
	"graft/shared/tensor"
)

// Whole is the inputs of a layer whose rows attend their whole sequence, as an encoder's do.
func (in Inputs) Whole() Inputs {
	in.Hi = in.follows("hi.whole", []string{"lo", "hi"}, ends)
	return in
}

// Around is the inputs of a layer whose rows attend, of their whole sequence, the keys at most reach rows away.
func (in Inputs) Around(reach int) Inputs {
	n, suffix := int32(reach), strconv.Itoa(reach)
	in.Lo = in.Window(reach + 1).Lo
	in.Hi = in.follows("hi.around."+suffix, []string{"lo", "hi"}, func(c [][]int32) []int32 {
		end := ends(c)
		for t, hi := range c[1] {
			end[t] = min(end[t], hi+n)
		}
		return end
	})
	return in
}

// PositionsFrom are positions that begin with first and not with 0.
func (in Inputs) PositionsFrom(first int) graph.Value {
	return in.follows("positions.from."+strconv.Itoa(first), []string{"positions"}, func(c [][]int32) []int32 {
		p := make([]int32, len(c[0]))
		for t, v := range c[0] {
			p[t] = v + int32(first)
		}
		return p
	})
}

// Types are the token types of the rows (token_type_ids): 1 in the second text of a pair, else 0. Where a run is not
// given them under the name "types", all are 0.
func (in Inputs) Types() graph.Value {
	return in.Tokens.Graph().Derived("types", func(inputs map[string]*tensor.Tensor) *tensor.Tensor {
		if t := inputs["types"]; t != nil || inputs["tokens"] == nil {
			return t
		}
		return tensor.Make(inputs["tokens"].Spec)
	}, tensor.I32, in.Tokens.Shape()...)
}

// follows is an input of a value a row that follows from others of as many rows.
func (in Inputs) follows(name string, from []string, f func(columns [][]int32) []int32) graph.Value {
	return in.Tokens.Graph().Derived(name, func(inputs map[string]*tensor.Tensor) *tensor.Tensor {
		columns := make([][]int32, len(from))
		for i, n := range from {
			if inputs[n] == nil {
				return nil
			}
			columns[i] = inputs[n].Ints()
		}
		v := f(columns)
		return tensor.FromInts(v, len(v))
	}, tensor.I32, in.Tokens.Shape()...)
}

// ends tells, of lo and hi of packed rows, the row behind each row's sequence. The rows of a sequence have one lo; those
// of padding have hi 0, and their end is 0, so that they attend nothing.
func ends(c [][]int32) []int32 {
	lo, hi := c[0], c[1]
	end := make([]int32, len(lo))
	for t := len(lo) - 1; t >= 0; t-- {
		end[t] = hi[t]
		if t+1 < len(lo) && hi[t] > 0 && hi[t+1] > 0 && lo[t+1] == lo[t] {
			end[t] = end[t+1]
		}
	}
	return end
}

// What stands for each of n packed sequences, of the rows x [T,D] of all: [n,D]. A run is given, as "pool" I32 [n], the
// row of each sequence's last token that is not the padding token, or -1; the rest follows from it.

// Last is that row: transformers' rule for decoders.
func Last(x graph.Value, n int) graph.Value {
	return op.Gather(x, x.Graph().Leaf(graph.Input, "pool", tensor.I32, n))
}

// First is the row of each sequence's first token, [CLS].
func First(x graph.Value, n int) graph.Value {
	return op.Gather(x, x.Graph().Derived("first", func(inputs map[string]*tensor.Tensor) *tensor.Tensor {
		s := sequencesOf(inputs)
		if s == nil {
			return nil
		}
		return tensor.FromInts(s.first, len(s.first))
	}, tensor.I32, n))
}

// Mean is the mean of each sequence's rows.
func Mean(x graph.Value, n int) graph.Value {
	g := x.Graph()
	of := g.Derived("sequence", func(inputs map[string]*tensor.Tensor) *tensor.Tensor {
		s := sequencesOf(inputs)
		if s == nil {
			return nil
		}
		return tensor.FromInts(s.of, len(s.of))
	}, tensor.I32, x.Shape()[0])
	share := g.Derived("row_shares", func(inputs map[string]*tensor.Tensor) *tensor.Tensor {
		s := sequencesOf(inputs)
		if s == nil {
			return nil
		}
		return tensor.FromFloats(s.share, len(s.share))
	}, tensor.F32, n)
	return op.ScaleRows(op.ScatterAdd(x, of, n), share)
}

// sequences is where packed sequences lie.
type sequences struct {
	first []int32   // row of each one's first token, -1 for padding
	of    []int32   // number of each row's sequence, -1 for padding
	share []float32 // 1 / rows of each, 0 for padding
}

func sequencesOf(inputs map[string]*tensor.Tensor) *sequences {
	lo, hi, pool := inputs["lo"], inputs["hi"], inputs["pool"]
	if lo == nil || hi == nil || pool == nil {
		return nil
	}
	same := func(t, u int) bool { return lo.Ints()[t] == lo.Ints()[u] && hi.Ints()[t] > 0 && hi.Ints()[u] > 0 }
	rows, n := len(lo.Ints()), len(pool.Ints())
	s := &sequences{make([]int32, n), make([]int32, rows), make([]float32, n)}
	for t := range s.of {
		s.of[t] = -1
	}
	for i, p := range pool.Ints() {
		s.first[i] = -1
		if p < 0 || int(p) >= rows {
			continue
		}
		first, end := int(p), int(p)+1
		for first > 0 && same(first-1, first) {
			first--
		}
		for end < rows && same(end, end-1) {
			end++
		}
		s.first[i], s.share[i] = int32(first), 1/float32(end-first)
		for t := first; t < end; t++ {
			s.of[t] = int32(i)
		}
	}
	return s
}
