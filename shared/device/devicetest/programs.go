package devicetest

import (
	"testing"

	"graft/shared/device"
	"graft/shared/graph"
	"graft/shared/tensor"
)

// loose is the tolerance after some steps of a program, each of which multiplies what was wrong before it.
const loose = 1e-3

// scenarios are what programs need beyond single ops.
var scenarios = []struct {
	name string
	run  func(t *testing.T, open Opener)
}{
	{"random", randomPrograms},
	{"many small steps", smallSteps},
	{"cached decoding", decoding},
	{"training", training},
	{"read before overwritten", readBeforeOverwritten},
	{"one weight for gather and matmul", tiedWeights},
	{"mapped weight", mappedWeight},
	{"two programs on one memory", twoPrograms},
}

func programs(t *testing.T, open Opener) {
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) { s.run(t, open) })
	}
}

// compareRuns holds every output of g on dev to the reference.
func compareRuns(t *testing.T, dev device.Device, g *graph.Graph, values map[string]*tensor.Tensor, relative float64) {
	t.Helper()
	run := func(dev device.Device) map[string]*tensor.Tensor {
		s := newSession(t, dev, g, graph.Options{})
		defer s.close()
		for name, v := range values {
			s.write(name, v)
		}
		s.run()
		return s.outputs()
	}
	want, got := run(device.Reference()), run(dev)
	for name := range want {
		if err := (bound{relative: relative, floor: 1}).check(want[name], got[name], nil); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
