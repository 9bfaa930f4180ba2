//go:build cgo && amd64

package cpu

import (
	"os/exec"
	"testing"

	"graft/shared/device"
	"graft/shared/device/devicetest"
)

// TestSanitized runs the conformance suite on kernels built with the address and undefined-behaviour sanitizers.
func TestSanitized(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles all kernels")
	}
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("gcc is not here")
	}
	// Not all of -fsanitize=undefined: the rest doubles the time to compile and checks what address checks better.
	bin := buildDriver(t, "-O1", "-fsanitize=address,bounds,shift,signed-integer-overflow,float-cast-overflow,alignment",
		"-fno-sanitize-recover=all", "-fno-omit-frame-pointer")
	for _, isa := range ISAs() {
		t.Run(isa, func(t *testing.T) {
			devicetest.Run(t, func(t *testing.T) device.Device { return startDriver(t, bin, 2, isa) })
		})
	}
}

// TestEmulatedAVX512 runs the conformance suite on the AVX-512 kernels with every instruction emulated.
func TestEmulatedAVX512(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles all kernels")
	}
	if !hasHeader("simde/x86/avx512.h") {
		t.Skip("SIMDe is not here: apt-get install libsimde-dev")
	}
	bin := buildDriver(t, "-O2", "-DGRAFT_SIMDE", "-mavx2", "-mfma", "-mf16c", "-Wno-psabi")
	devicetest.Run(t, func(t *testing.T) device.Device { return startDriver(t, bin, 2, "avx512") })
}
