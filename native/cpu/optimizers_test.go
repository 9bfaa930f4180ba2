package cpu

import (
	"testing"

	"graft/shared/train/traintest"
)

// TestOptimizers holds optimisers and losses, some of whose ops have no kernel, to PyTorch's on the kernels.
func TestOptimizers(t *testing.T) { traintest.RunOptimizers(t, opener(Options{Threads: 2})) }
