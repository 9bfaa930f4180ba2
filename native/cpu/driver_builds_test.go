//go:build cgo && amd64

package cpu

import (
	"fmt"
	"os/exec"
	"path/filepath"
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
	bin := buildDriver(t, "-O0", "-DGRAFT_SIMDE", "-mavx2", "-mfma", "-mf16c", "-Wno-psabi")
	devicetest.Run(t, func(t *testing.T) device.Device { return startDriver(t, bin, 2, "avx512") })
}

// TestTeam runs made-up programs, whose every value depends on all before it, on threads that fall asleep at any point.
func TestTeam(t *testing.T) {
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("gcc is not here")
	}
	dir := filepath.Join("..", "..", "kernels", "cpu")
	for _, build := range []struct {
		name string
		runs int
		flag string
	}{{"plain", 200, "-O2"}, {"thread sanitizer", 40, "-fsanitize=thread"}} {
		t.Run(build.name, func(t *testing.T) {
			bin := filepath.Join(t.TempDir(), "team")
			args := []string{"-std=c11", "-D_GNU_SOURCE", "-g", build.flag, "-o", bin, "-pthread"}
			for _, source := range []string{"ctest/team.c", "run.c", "pool.c", "park.c", "thread.c"} {
				args = append(args, filepath.Join(dir, source))
			}
			if out, err := exec.Command("gcc", args...).CombinedOutput(); err != nil {
				t.Fatalf("gcc: %v\n%s", err, out)
			}
			for _, threads := range []int{1, 2, 3, 8} {
				if out, err := exec.Command(bin, fmt.Sprint(threads), fmt.Sprint(build.runs), fmt.Sprint(threads)).CombinedOutput(); err != nil {
					t.Errorf("%d threads: %v\n%s", threads, err, out)
				}
			}
		})
	}
}
