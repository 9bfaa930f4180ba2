//go:build !linux

package store

import "testing"

func mountSmall(t *testing.T, dir string) {
	t.Skip("mounting a small file system is known on Linux only; TestDiskFull says the same of a disk that answers so")
}
