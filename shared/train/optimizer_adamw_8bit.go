package train

import (
	"graft/shared/op"
	"graft/shared/quant"
	"graft/shared/tensor"
)

// min8Bit is the number of values below which moments stay in 32 bits, as in bitsandbytes (min_8bit_size).
const min8Bit = 4096

func adamW8BitState(p param) []leaf {
	n := p.Shape.Len()
	if n < min8Bit {
		return adamWState(p)
	}
	codes := func(kind string) leaf {
		l := p.leaf(kind)
		l.DType = tensor.U8
		return l
	}
	blocks := quant.DynamicSigned.Blocks(n)
	return []leaf{codes("adamw.state1"), p.leaf("adamw.absmax1", blocks), codes("adamw.state2"), p.leaf("adamw.absmax2", blocks)}
}

func recordAdamW8Bit(u update) {
	if u.p.Shape.Len() < min8Bit {
		recordAdamW(u)
		return
	}
	v := u.leaves(adamW8BitState(u.p))
	u.g.Keep(op.AdamW8Bit(v[0], v[1], v[2], v[3], v[4], u.sum, u.hyper, u.adamW())...)
}
