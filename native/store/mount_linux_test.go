package store

import (
	"syscall"
	"testing"
)

// mountSmall puts a file system of one megabyte over dir.
func mountSmall(t *testing.T, dir string) {
	t.Helper()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		t.Skipf("a small file system cannot be mounted here (%v); TestDiskFull says the same of a disk that answers so", err)
	}
	t.Cleanup(func() { syscall.Unmount(dir, 0) })
}
