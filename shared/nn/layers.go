package nn

import (
	"strconv"

	"graft/shared/graph"
	"graft/shared/op"
	"graft/shared/tensor"
)

// Linear is y = x·Wᵀ with W [out,in] at "weight"; x is [T,in].
func Linear(p Params, x graph.Value, in, out int) graph.Value {
	defer p.g.At(p.path)()
	x = entering(p, x)
	return adapted(p, x, p.Product(x, p.Get("weight", out, in)), graph.Value{})
}

// LinearBias is Linear with a bias [out] at "bias".
func LinearBias(p Params, x graph.Value, in, out int) graph.Value {
	defer p.g.At(p.path)()
	x = entering(p, x)
	bias := p.Get("bias", out)
	return adapted(p, x, op.Add(p.Product(x, p.Get("weight", out, in)), bias), bias)
}

// Product is x·wᵀ at the precision the scope allows: x [T,in], w [out,in] of any type.
func (p Params) Product(x, w graph.Value) graph.Value {
	return op.MatMul(x, w, op.MatMulConfig{TransposeB: true, Activations: p.scope.Activations})
}

func entering(p Params, x graph.Value) graph.Value {
	if h := p.scope.Hooks.Input; h != nil {
		return h(p, x)
	}
	return x
}

func adapted(p Params, x, y, bias graph.Value) graph.Value {
	if h := p.scope.Hooks.Linear; h != nil {
		return h(p, x, y, bias)
	}
	return y
}

// Embedding looks rows of the table [vocab,hidden] at "weight" up: tokens is I32 [T], a negative one gives zeros.
func Embedding(p Params, tokens graph.Value, vocab, hidden int) graph.Value {
	return ScaledEmbedding(p, tokens, vocab, hidden, 1)
}

// ScaledEmbedding is Embedding times scale.
func ScaledEmbedding(p Params, tokens graph.Value, vocab, hidden int, scale float32) graph.Value {
	defer p.g.At(p.path)()
	x := op.Gather(p.Get("weight", vocab, hidden), tokens)
	if scale != 1 {
		x = op.Scale(x, scale)
	}
	if h := p.scope.Hooks.Embed; h != nil {
		return h(p, tokens, x)
	}
	return x
}

// LayerNorm gives each row of x [T,n] mean 0 and variance 1, then scales it by "weight" and adds "bias" (Ba et al. 2016).
func LayerNorm(p Params, x graph.Value, n int, eps float32) graph.Value {
	defer p.g.At(p.path)()
	return op.LayerNorm(x, p.Get("weight", n), p.Get("bias", n), eps)
}

// LayerNormNoBias is LayerNorm that adds nothing.
func LayerNormNoBias(p Params, x graph.Value, n int, eps float32) graph.Value {
	defer p.g.At(p.path)()
	zeros := p.g.Constant("zeros."+strconv.Itoa(n), tensor.Make(tensor.Of(tensor.F32, n)))
	return op.LayerNorm(x, p.Get("weight", n), zeros, eps)
}

// RMSNorm scales each group of n values of x [T,G·n] to unit root mean square and by the weight (Zhang and Sennrich
// 2019). A row is one group, or a head is.
func RMSNorm(p Params, x graph.Value, n int, eps float32) graph.Value {
	defer p.g.At(p.path)()
	return op.RMSNorm(x, p.Get("weight", n), eps, 0)
}

// RMSNormFromOne is RMSNorm with a weight that is stored as its distance from one, as Gemma has it.
func RMSNormFromOne(p Params, x graph.Value, n int, eps float32) graph.Value {
	defer p.g.At(p.path)()
	return op.RMSNorm(x, p.Get("weight", n), eps, 1)
}
