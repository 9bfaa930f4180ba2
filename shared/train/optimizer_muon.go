package train

import (
	"math"
	"strings"

	"graft/shared/graph"
	"graft/shared/op"
	"graft/shared/tensor"
)

// Muon's constants, as PyTorch's: momentum with Nesterov's look ahead, and the iteration that makes a matrix orthogonal.
const (
	muonMomentum = 0.95
	muonSteps    = 5
	muonA        = 3.4445
	muonB        = -4.7750
	muonC        = 2.0315
	muonEpsilon  = 1e-7
)

// orthogonal tells which parameters Muon is for: matrices inside the model. Embeddings, the output, a head and vectors are
// AdamW's.
func orthogonal(p param) bool {
	for _, name := range []string{"embed_tokens", "lm_head", "score", "classifier"} {
		if strings.HasSuffix(p.name, name+".weight") {
			return false
		}
	}
	return len(p.Shape) == 2
}

func muonState(p param) []leaf {
	if !orthogonal(p) {
		return adamWState(p)
	}
	return []leaf{p.leaf("muon.momentum")}
}

// recordMuon is Muon (Jordan et al. 2024) with updates of AdamW's size (Muon is Scalable for LLM Training, arXiv:2502.16982;
// PyTorch's adjust_lr_fn "match_rms_adamw"), so that one learning rate serves all parameters.
func recordMuon(u update) {
	if !orthogonal(u.p) {
		recordAdamW(u)
		return
	}
	v := u.leaves(muonState(u.p))
	const mu = muonMomentum
	keep := u.g.Constant("muon.momentum", tensor.FromFloats([]float32{mu}, 1))
	fresh := op.Scale(op.Mul(u.sum, u.scale), 1-mu)
	m := op.Accumulate(v[1], fresh, keep)
	direction := newtonSchulz(op.Normalize(op.Add(fresh, op.Scale(m, mu)), muonEpsilon))
	rate := 0.2 * math.Sqrt(float64(max(u.p.Shape[0], u.p.Shape[1])))
	u.g.Keep(m, op.Descend(v[0], direction, u.hyper, float32(rate), u.decay))
}

// newtonSchulz brings the singular values of x, which are at most 1, near 1: x ← a·x + (b·s + c·s²)·x with s = x·xᵀ, or from
// the right where that is smaller.
func newtonSchulz(x graph.Value) graph.Value {
	tall := x.Shape()[0] > x.Shape()[1]
	for range muonSteps {
		gram := op.MatMul(x, x, op.MatMulConfig{TransposeA: tall, TransposeB: !tall})
		poly := op.MatMul(gram, gram, op.MatMulConfig{Alpha: muonC, C: op.Scale(gram, muonB)})
		if tall {
			x = op.MatMul(x, poly, op.MatMulConfig{C: op.Scale(x, muonA)})
		} else {
			x = op.MatMul(poly, x, op.MatMulConfig{C: op.Scale(x, muonA)})
		}
	}
	return x
}
