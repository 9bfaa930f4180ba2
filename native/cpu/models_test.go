package cpu

import (
	"testing"

	"graft/shared/adapter/adaptertest"
	"graft/shared/model/modeltest"
)

// TestModels holds the architectures on the kernels to transformers.
func TestModels(t *testing.T) {
	modeltest.Run(t, opener(Options{Threads: 2}))
	modeltest.Decoders(t, opener(Options{Threads: 2}))
}

// TestAdapters holds LoRA on the kernels to PEFT.
func TestAdapters(t *testing.T) { adaptertest.Run(t, opener(Options{Threads: 2})) }
