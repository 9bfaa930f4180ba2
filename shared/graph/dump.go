package graph

import (
	"fmt"
	"io"
	"math"
	"strings"
)

// Dump writes p for people, a line a step:
//
//	12 | %40 f32[8 576] @0x2400 = rmsnorm(%38, model.layers.0.input_layernorm.weight) eps=1e-05
//
// A bar marks a step that waits for the ones before it.
func (p *Program) Dump(w io.Writer) error {
	name := func(v int) string {
		if s := p.Values[v].Slot; s >= 0 {
			return p.Slots[s].Name
		}
		return fmt.Sprintf("%%%d", v)
	}
	for i, s := range p.Steps {
		var line strings.Builder
		bar := " "
		if s.Barrier {
			bar = "|"
		}
		fmt.Fprintf(&line, "%4d %s ", i, bar)
		for j, v := range s.Out {
			if j > 0 {
				line.WriteString(", ")
			}
			fmt.Fprintf(&line, "%s %v", name(v), p.Values[v].Spec)
			if p.Values[v].Slot < 0 {
				fmt.Fprintf(&line, " @%#x", p.Values[v].Offset)
			}
		}
		in := make([]string, len(s.In))
		for j, v := range s.In {
			in[j] = name(v)
		}
		fmt.Fprintf(&line, " = %s(%s)", s.Op.Name(), strings.Join(in, ", "))
		for _, a := range s.Op.Attrs() {
			if a.Float {
				fmt.Fprintf(&line, " %s=%g", a.Name, math.Float32frombits(a.Bits))
			} else {
				fmt.Fprintf(&line, " %s=%d", a.Name, int32(a.Bits))
			}
		}
		if _, err := fmt.Fprintln(w, line.String()); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(w, "arena %d bytes, at least %d\n", p.Arena, p.Live)
	return err
}
