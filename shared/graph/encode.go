package graph

import (
	"encoding/binary"
	"fmt"

	"graft/shared/tensor"
)

// Encode writes p in the command format: fixed little-endian records, described in kernels/include/ops.h, which
// is generated from the same table of ops that codes comes from. codes gives each op its number.
//
//	header   magic "GRFT", version, values, steps, slots, 0, arena bytes (u64)    32 bytes
//	value    dtype, rank, dims[4], slot, 0, offset (u64)                          40 bytes
//	command  op, flags (1: barrier), operands, results, ids[14], attrs[8]        104 bytes
//
// A command's ids are its operands, then its results.
func (p *Program) Encode(codes map[string]int) ([]byte, error) {
	const version = 1
	le := binary.LittleEndian
	b := make([]byte, 0, 32+40*len(p.Values)+104*len(p.Steps))
	u32 := func(v ...int) {
		for _, v := range v {
			b = le.AppendUint32(b, uint32(int32(v)))
		}
	}
	b = append(b, "GRFT"...)
	u32(version, len(p.Values), len(p.Steps), len(p.Slots), 0)
	b = le.AppendUint64(b, uint64(p.Arena))
	for _, v := range p.Values {
		dims := [tensor.MaxRank]int{1, 1, 1, 1}
		copy(dims[:], v.Shape)
		u32(int(v.DType), len(v.Shape))
		u32(dims[:]...)
		u32(v.Slot, 0)
		b = le.AppendUint64(b, uint64(v.Offset))
	}
	for _, s := range p.Steps {
		code, ok := codes[s.Op.Name()]
		if !ok {
			return nil, fmt.Errorf("%s: op %s has no number in the command format", s.Path, s.Op.Name())
		}
		flags := 0
		if s.Barrier {
			flags = 1
		}
		u32(code, flags, len(s.In), len(s.Out))
		var ids [MaxOperands]int
		copy(ids[copy(ids[:], s.In):], s.Out)
		u32(ids[:]...)
		var attrs [MaxAttrs]int
		for i, a := range s.Op.Attrs() {
			attrs[i] = int(a.Bits)
		}
		u32(attrs[:]...)
	}
	return b, nil
}
