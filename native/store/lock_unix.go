//go:build unix

package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// lockDirectory holds root for this process; the system gives it free when the process ends, however it ends.
func lockDirectory(root string) (*os.File, error) {
	path := filepath.Join(root, lockName)
	for {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o666)
		if err != nil {
			return nil, err
		}
		switch err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); {
		case err == nil:
			if isThere(f, path) {
				return f, nil
			}
			f.Close() // its holder has just given it free and removed it: another file counts now
		case errors.Is(err, syscall.EWOULDBLOCK):
			f.Close()
			return nil, fmt.Errorf("another run is writing here; name another output_dir or wait for it")
		case errors.Is(err, syscall.ENOTSUP), errors.Is(err, syscall.ENOLCK), errors.Is(err, syscall.ENOSYS):
			return f, nil // a network file system without locks
		default:
			f.Close()
			return nil, fmt.Errorf("lock: %w", err)
		}
	}
}

// isThere reports whether f is the file of that name still.
func isThere(f *os.File, path string) bool {
	mine, err := f.Stat()
	if err != nil {
		return false
	}
	now, err := os.Stat(path)
	return err == nil && os.SameFile(mine, now)
}
