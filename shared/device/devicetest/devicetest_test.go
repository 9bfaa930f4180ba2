package devicetest

import (
	"testing"

	"graft/shared/device"
	"graft/shared/graph"
	"graft/shared/op"
)

func reference(*testing.T) device.Device { return device.Reference() }

// TestReference holds the suite to itself: every case can be recorded and run, planned or not.
func TestReference(t *testing.T) { Run(t, reference) }

func TestIdentical(t *testing.T) { Identical(t, reference, reference) }

func TestEveryOpHasCases(t *testing.T) {
	for _, r := range op.Table() {
		make := suites[r.Op.Name()]
		if make == nil {
			t.Errorf("%s has no cases", r.Op.Name())
			continue
		}
		names := map[string]bool{}
		for _, c := range make() {
			if names[c.name] {
				t.Errorf("%s has two cases %q, expected names that differ", r.Op.Name(), c.name)
			}
			names[c.name] = true
		}
		if len(names) == 0 {
			t.Errorf("%s has no cases", r.Op.Name())
		}
	}
	if len(suites) != len(op.Table()) {
		t.Errorf("cases for %d ops, expected %d", len(suites), len(op.Table()))
	}
}

func TestGradients(t *testing.T) { Gradients(t, reference) }

func TestEveryGradientHasCases(t *testing.T) {
	have := map[string]bool{}
	for _, s := range gradients {
		have[s.op] = len(s.cases()) > 0
	}
	for _, r := range op.Table() {
		if _, ok := r.Op.(graph.Differentiable); ok && !have[r.Op.Name()] {
			t.Errorf("%s has a gradient without a case", r.Op.Name())
		}
	}
}
