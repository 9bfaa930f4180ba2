//go:build !cgo && !amd64 && !arm64

// Package cpu is, without cgo on processors that wazero has no compiler for, the reference device: right, and slow.
package cpu

import "graft/shared/device"

// Options change a device; without kernels none has an effect.
type Options struct {
	Threads int
	ISA     string
}

// Open returns the reference device.
func Open(Options) (device.Device, error) { return device.Reference(), nil }

// ISAs names the instruction sets this build can use.
func ISAs() []string { return []string{"go"} }
