//go:build cgo

package cpu

import (
	"testing"

	"graft/shared/adapter/adaptertest"
)

// TestAdapters holds every kind of adapter, used and trained, to PEFT.
func TestAdapters(t *testing.T) {
	if testing.Short() {
		t.Skip("the suite is long, and the race detector sees nothing of kernels")
	}
	adaptertest.Run(t, opener(Options{Threads: 2}))
}
