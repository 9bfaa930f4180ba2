package op

import (
	"regexp"
	"strings"
	"testing"

	"graft/shared/graph"
)

func TestTable(t *testing.T) {
	codes := Codes()
	if len(codes) != len(table) {
		t.Errorf("%d names for %d ops, expected each to have its own", len(codes), len(table))
	}
	// A few codes by number: programs are stored, so the order never changes.
	for name, want := range map[string]int{"add": 1, "matmul": 9, "attention": 16, "cross_entropy": 24, "adamw": 32, "argmax": 37, "columns_grad": 39} {
		if codes[name] != want {
			t.Errorf("%s has the code %d, expected %d", name, codes[name], want)
		}
	}
	word := regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	for _, r := range table {
		name := r.Op.Name()
		if !word.MatchString(name) {
			t.Errorf("op %q: the name is not an identifier of C", name)
		}
		if len(r.In) == 0 || len(r.Out) == 0 || len(r.In)+len(r.Out) > graph.MaxOperands {
			t.Errorf("%s: %d operands and %d results", name, len(r.In), len(r.Out))
		}
		if n := len(r.Op.Attrs()); n > graph.MaxAttrs {
			t.Errorf("%s: %d attributes, expected at most %d", name, n, graph.MaxAttrs)
		}
		for _, a := range r.Op.Attrs() {
			if !word.MatchString(a.Name) {
				t.Errorf("%s: the attribute %q is not an identifier of C", name, a.Name)
			}
		}
		for i, in := range r.In {
			if strings.HasSuffix(in, "?") && i < len(r.In)-1 {
				t.Errorf("%s: operand %s may be left out, expected that of the last only", name, in)
			}
		}
		_, primitive := r.Op.(graph.Primitive)
		_, fused := r.Op.(graph.Fused)
		if !primitive && !fused {
			t.Errorf("%s has neither a loop nor a definition in other ops", name)
		}
		if over, ok := r.Op.(graph.Overwriter); ok {
			if got := over.Overwrites(); len(got) != len(r.Out) {
				t.Errorf("%s overwrites by %d results, expected %d", name, len(got), len(r.Out))
			}
		}
	}
}

func TestActs(t *testing.T) {
	for a := range Acts {
		if got, err := ParseAct(a.String()); got != a || err != nil {
			t.Errorf("%v reads back as %v, %v", a, got, err)
		}
	}
	if a, err := ParseAct("gelu_pytorch_tanh"); a != GELUTanh || err != nil {
		t.Errorf("gelu_pytorch_tanh is %v, %v", a, err)
	}
	if _, err := ParseAct("mish"); err == nil || !strings.Contains(err.Error(), `"mish"`) {
		t.Errorf("mish: got %v, expected an error that names it", err)
	}
}
