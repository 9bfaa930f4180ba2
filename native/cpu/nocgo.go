//go:build !cgo && (amd64 || arm64)

// Package cpu is, without cgo, the same kernels as WebAssembly on wazero, which turns them into machine code.
package cpu

import (
	"graft/native/wazero"
	"graft/shared/device"
)

// Options change a device. The zero value uses all cores.
type Options struct {
	Threads int    // 0: one a core
	ISA     string // there is one, simd128
}

// Open starts a device.
func Open(o Options) (device.Device, error) { return wazero.Open(wazero.Options{Threads: o.Threads}) }

// ISAs names the instruction sets this build can use.
func ISAs() []string { return []string{"simd128"} }
