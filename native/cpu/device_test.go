package cpu

import (
	"fmt"
	"testing"

	"graft/shared/device"
	"graft/shared/device/devicetest"
)

func opener(o Options) devicetest.Opener {
	return func(t *testing.T) device.Device {
		t.Helper()
		d, err := Open(o)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
}

// TestConformance holds the kernels of every instruction set this machine can run to the reference.
func TestConformance(t *testing.T) {
	if testing.Short() {
		t.Skip("the suite is long, and the race detector sees nothing of kernels")
	}
	for _, isa := range ISAs() {
		for _, threads := range []int{1, 2} {
			t.Run(fmt.Sprintf("%s/%d", isa, threads), func(t *testing.T) {
				devicetest.Run(t, opener(Options{Threads: threads, ISA: isa}))
			})
		}
	}
}

// TestThreadsIdentical holds results to the same bits for any number of threads.
func TestThreadsIdentical(t *testing.T) {
	for _, isa := range ISAs() {
		t.Run(isa, func(t *testing.T) {
			devicetest.Identical(t, opener(Options{Threads: 1, ISA: isa}), opener(Options{Threads: 3, ISA: isa}))
		})
	}
}
