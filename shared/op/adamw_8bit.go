package op

import (
	"graft/shared/graph"
	"graft/shared/quant"
	"graft/shared/tensor"
)

type adamW8Bit struct{ AdamWConfig }

// AdamW8Bit is AdamW with moments in 8 bits, as bitsandbytes has them (arXiv:2110.02861): codes m and v, u8 of p's shape,
// with a scale [⌈n/256⌉] for each block of 256 values. hyper is AdamW's. All but g and hyper are overwritten.
func AdamW8Bit(p, m, mScale, v, vScale, g, hyper graph.Value, c AdamWConfig) []graph.Value {
	return graph.Apply(adamW8Bit{c}, p, m, mScale, v, vScale, g, hyper)
}

func (adamW8Bit) Name() string { return "adamw_8bit" }

func (adamW8Bit) Overwrites() []int { return []int{0, 1, 2, 3, 4} }

func (o adamW8Bit) Attrs() []graph.Attr { return adamW(o).Attrs() }

func (o adamW8Bit) Infer(in []tensor.Spec) ([]tensor.Spec, error) {
	c := check(o, in)
	p := c.typed(0, f32)
	blocks := quant.DynamicSigned.Blocks(p.Len())
	for _, i := range []int{1, 3} {
		c.like(i, u8, p...)
		c.like(i+1, f32, blocks)
	}
	c.like(5, f32, p...)
	c.like(6, f32, 4)
	codes := tensor.Spec{DType: tensor.U8, Shape: p}
	return c.gives(result(p...), codes, result(blocks), codes, result(blocks))
}

func (o adamW8Bit) Eval(out, in []*tensor.Tensor) {
	p, g, hyper := out[0].Floats(), in[5].Floats(), in[6].Floats()
	m, v := moments{quant.DynamicSigned, out[1].Data, out[2].Floats()}, moments{quant.DynamicUnsigned, out[3].Data, out[4].Floats()}
	for at := 0; at < len(p); at += quant.DynamicBlock {
		n := min(quant.DynamicBlock, len(p)-at)
		var first, second [quant.DynamicBlock]float32
		m.decode(first[:n], at)
		v.decode(second[:n], at)
		adamW(o).update(p[at:at+n], first[:n], second[:n], g[at:at+n], hyper)
		m.encode(first[:n], at)
		v.encode(second[:n], at)
	}
}

// moments is a tensor in blocks of dynamic codes.
type moments struct {
	*quant.Dynamic
	codes  []byte
	scales []float32
}

func (m moments) decode(dst []float32, at int) {
	m.Decode(dst, m.codes[at:at+len(dst)], m.scales[at/quant.DynamicBlock])
}

func (m moments) encode(src []float32, at int) {
	m.scales[at/quant.DynamicBlock] = m.Encode(m.codes[at:at+len(src)], src)
}
