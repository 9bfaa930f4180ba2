//go:build wasip1

package main

import (
	"fmt"
	"unsafe"

	"graft/shared/device"
	"graft/shared/device/kernel"
)

// The functions of the kernels' module beside this one (shared/device/kernel, Function), and the host's copies between the two
// memories. A trap in one of them is the end of this module too.
//
//go:wasmimport kernels graft_alloc
func kernelAlloc(size uint32) uint32

//go:wasmimport kernels graft_free
func kernelFree(at uint32)

//go:wasmimport kernels graft_open
func kernelOpen(threads, isa, result, message uint32) uint32

//go:wasmimport kernels graft_stop
func kernelStop(device uint32)

//go:wasmimport kernels graft_close
func kernelClose(device uint32)

//go:wasmimport kernels graft_threads
func kernelThreads(device uint32) uint32

//go:wasmimport kernels graft_isa
func kernelISA(device uint32) uint32

//go:wasmimport kernels graft_supports
func kernelSupports(command, values, message uint32) uint32

//go:wasmimport kernels graft_load
func kernelLoad(device, program, size, result, message uint32) uint32

//go:wasmimport kernels graft_unload
func kernelUnload(program uint32)

//go:wasmimport kernels graft_scratch
func kernelScratch(program uint32) uint32

//go:wasmimport kernels graft_slot_layouts
func kernelSlotLayouts(program, slot uint32) uint32

//go:wasmimport kernels graft_bind
func kernelBind(program, slot, at, size, packed, message uint32) uint32

//go:wasmimport kernels graft_run
func kernelRun(program, arena, arenaSize, scratch, scratchSize, message uint32) uint32

//go:wasmimport kernels graft_cancel
func kernelCancel(program, on uint32)

//go:wasmimport kernels graft_pack
func kernelPack(dtype uint32, rows, cols int64, from, to, message uint32) uint32

//go:wasmimport kernels graft_unpack
func kernelUnpack(dtype uint32, rows, cols int64, from, to, message uint32) uint32

//go:wasmimport host to_kernels
func toKernels(to uint32, from unsafe.Pointer, n uint32)

//go:wasmimport host from_kernels
func fromKernels(to unsafe.Pointer, from, n uint32)

//go:wasmimport host load
func hostLoad(file int32, offset int64, to, n uint32) int32

func openDevice(threads int) (device.Device, error) {
	m, err := kernel.OpenModule(module{}, "wasm", max(threads, 1))
	if err != nil {
		return nil, err
	}
	return kernel.New(m), nil
}

// module is the kernels' module.
type module struct{}

var _ kernel.Exports = module{}

func (module) Call(f kernel.Function, a ...uint64) (uint32, error) {
	p := func(i int) uint32 { return uint32(a[i]) }
	switch f {
	case kernel.Alloc:
		return kernelAlloc(p(0)), nil
	case kernel.Free:
		kernelFree(p(0))
	case kernel.Open:
		return kernelOpen(p(0), p(1), p(2), p(3)), nil
	case kernel.Stop:
		kernelStop(p(0))
	case kernel.Close:
		kernelClose(p(0))
	case kernel.Threads:
		return kernelThreads(p(0)), nil
	case kernel.ISA:
		return kernelISA(p(0)), nil
	case kernel.Supports:
		return kernelSupports(p(0), p(1), p(2)), nil
	case kernel.Load:
		return kernelLoad(p(0), p(1), p(2), p(3), p(4)), nil
	case kernel.Unload:
		kernelUnload(p(0))
	case kernel.Scratch:
		return kernelScratch(p(0)), nil
	case kernel.SlotLayouts:
		return kernelSlotLayouts(p(0), p(1)), nil
	case kernel.Bind:
		return kernelBind(p(0), p(1), p(2), p(3), p(4), p(5)), nil
	case kernel.Run:
		return kernelRun(p(0), p(1), p(2), p(3), p(4), p(5)), nil
	case kernel.Cancel:
		kernelCancel(p(0), p(1))
	case kernel.Pack:
		return kernelPack(p(0), int64(a[1]), int64(a[2]), p(3), p(4), p(5)), nil
	case kernel.Unpack:
		return kernelUnpack(p(0), int64(a[1]), int64(a[2]), p(3), p(4), p(5)), nil
	default:
		panic(fmt.Sprintf("BUG: engine: %v is not imported", f))
	}
	return 0, nil
}

func (module) Read(at uint32, p []byte) error {
	if len(p) > 0 {
		fromKernels(unsafe.Pointer(unsafe.SliceData(p)), at, uint32(len(p)))
	}
	return nil
}

func (module) Write(at uint32, p []byte) error {
	if len(p) > 0 {
		toKernels(at, unsafe.Pointer(unsafe.SliceData(p)), uint32(len(p)))
	}
	return nil
}

// View is nothing: the memory is another one than Go's.
func (module) View(uint32, int) []byte { return nil }

// mostLoad is the most bytes of one call to the host, so that it can show how far it is.
const mostLoad = 16 << 20

// Fill has the host read a file straight into the kernels' memory.
func (files) Fill(id int32, b device.Buffer, off, n int64) (bool, error) {
	return kernel.Fill(b, int(n), func(m kernel.Memory) error {
		for done := int64(0); done < n; {
			part := min(n-done, mostLoad)
			if got := hostLoad(id, off+done, uint32(m.At)+uint32(done), uint32(part)); int64(got) != part {
				return fmt.Errorf("the host cannot read %d bytes at %d of its file %d", part, off+done, id)
			}
			done += part
		}
		return nil
	})
}
