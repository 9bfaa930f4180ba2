package adapter

import (
	"graft/shared/graph"
	"graft/shared/nn"
	"graft/shared/op"
	"graft/shared/tensor"
	"graft/shared/weights"
)

// embed is LoRA of the table of tokens: the row of token t gets scale·B·A[:,t], with A [r,vocab] and B [hidden,r].
func (l *lora) embed(p nn.Params, index, x graph.Value, kind graph.Kind) graph.Value {
	if p.Path() != l.m.Embedding || index != nn.Tokens(p.Graph(), x.Shape()[0]) {
		return x
	}
	m, g, name := l.modules[p.Path()], p.Graph(), prefix+p.Path()
	vocab, hidden := l.m.Config().VocabSize, x.Shape().Cols()
	a := g.Leaf(kind, name+".lora_embedding_A", tensor.F32, m.r, vocab)
	var table graph.Value // Aᵀ
	if kind == graph.Weight {
		table = g.Leaf(kind, Derived+name+transposed, tensor.F32, vocab, m.r)
	} else {
		table = op.MatMul(a, identity(g, m.r), op.MatMulConfig{TransposeA: true})
		// A row of the table is looked up by many tokens and A is small beside it: to transpose it costs r² a token.
	}
	b := g.Leaf(kind, name+".lora_embedding_B", tensor.F32, hidden, m.r)
	return op.MatMul(op.Gather(table, index), b, op.MatMulConfig{TransposeB: true, Alpha: m.scale, C: x})
}

// transposed ends the name of the derived Aᵀ.
const transposed = ".lora_embedding_A.transposed"

// transpose gives t [rows,cols] as [cols,rows].
func transpose(t []float32, rows, cols int) []float32 {
	out := make([]float32, len(t))
	for i := range rows {
		for j := range cols {
			out[j*rows+i] = t[i*cols+j]
		}
	}
	return out
}

// identity is the constant unit matrix.
func identity(g *graph.Graph, n int) graph.Value {
	v := make([]float32, n*n)
	for i := range n {
		v[i*n+i] = 1
	}
	return g.Constant(identityName(n), tensor.FromFloats(v, n, n))
}

// embeddingTable derives Aᵀ.
func embeddingTable(name string, shape tensor.Shape, tensors weights.Source) ([]float32, error) {
	a, err := floats(tensors, name+".lora_embedding_A", shape[1], shape[0])
	if err != nil {
		return nil, err
	}
	return transpose(a, shape[1], shape[0]), nil
}
