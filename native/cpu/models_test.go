package cpu

import (
	"testing"

	"graft/shared/model/modeltest"
)

// TestModels holds the architectures on the kernels to transformers.
func TestModels(t *testing.T) {
	if testing.Short() {
		t.Skip("the suite is long, and the race detector sees nothing of kernels")
	}
	modeltest.Run(t, opener(Options{Threads: 2}))
	modeltest.Decoders(t, opener(Options{Threads: 2}))
	modeltest.Encoders(t, opener(Options{Threads: 2}))
}
