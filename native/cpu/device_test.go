//go:build cgo

package cpu_test

import (
	"fmt"
	"testing"

	"graft/native/cpu"
	"graft/shared/adapter/adaptertest"
	"graft/shared/device"
	"graft/shared/device/devicetest"
	"graft/shared/model/modeltest"
	"graft/shared/train/traintest"
)

// each runs a suite for every instruction set of the machine on one and on two threads.
func each(t *testing.T, run func(t *testing.T, open func(*testing.T) device.Device)) {
	for _, isa := range cpu.ISAs() {
		for _, threads := range []int{1, 2} {
			t.Run(fmt.Sprintf("%s/%d", isa, threads), func(t *testing.T) {
				run(t, func(t *testing.T) device.Device { return open(t, isa, threads) })
			})
		}
	}
}

func open(t *testing.T, isa string, threads int) device.Device {
	t.Helper()
	d, err := cpu.Open(cpu.Options{Threads: threads, ISA: isa})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func TestConformance(t *testing.T) {
	each(t, func(t *testing.T, open func(*testing.T) device.Device) { devicetest.Run(t, open) })
}
func TestGradients(t *testing.T) {
	each(t, func(t *testing.T, open func(*testing.T) device.Device) { devicetest.Gradients(t, open) })
}
func TestModels(t *testing.T)   { each(t, modeltest.Run) }
func TestAdapters(t *testing.T) { each(t, adaptertest.Run) }
func TestTraining(t *testing.T) { each(t, traintest.Run) }

// TestThreadsChangeNothing holds one thread and three to the same bits.
func TestThreadsChangeNothing(t *testing.T) {
	for _, isa := range cpu.ISAs() {
		t.Run(isa, func(t *testing.T) {
			devicetest.Identical(t, func(t *testing.T) device.Device { return open(t, isa, 1) },
				func(t *testing.T) device.Device { return open(t, isa, 3) })
		})
	}
}
