package wasm

import (
	"os"
	"os/exec"
	"testing"
)

// TestAllocator runs the module's allocator under the sanitizers of a native compiler.
func TestAllocator(t *testing.T) {
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("gcc is not here")
	}
	bin := t.TempDir() + "/memory"
	// What the allocator calls malloc, the test's own library must not.
	out, err := exec.Command("gcc", "-std=c11", "-O1", "-g", "-Wall", "-fsanitize=address,undefined", "-fno-sanitize-recover=all",
		"-Dmalloc=module_malloc", "-Dcalloc=module_calloc", "-Daligned_alloc=module_aligned_alloc", "-Dfree=module_free",
		"-o", bin, "testdata/memory.c", "libc/memory.c").CombinedOutput()
	if err != nil {
		t.Fatalf("gcc: %v\n%s", err, out)
	}
	cmd := exec.Command(bin)
	cmd.Env = append(os.Environ(), "UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
