package hub

import (
	"fmt"
	"path/filepath"
	"syscall"
)

// room refuses to begin what the disk cannot hold. It is told early then, and not after hours.
func room(path string, need int64) error {
	var s syscall.Statfs_t
	if need <= 0 || syscall.Statfs(filepath.Dir(path), &s) != nil {
		return nil
	}
	if free := int64(min(s.Bavail, 1<<40)) * int64(s.Bsize); free < need {
		return fmt.Errorf("%s: %d MB are needed, and %d MB are free: %w", filepath.Dir(path), (need+1<<20-1)>>20, free>>20, syscall.ENOSPC)
	}
	return nil
}
