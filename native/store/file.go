package store

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
)

// WriteFile makes a file, in place of one of that name: whole, or not at all.
func WriteFile(path string, write func(io.Writer) error) error {
	return writeOne(system{}, path, write)
}

func writeOne(disk disk, path string, write func(io.Writer) error) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	temp := filepath.Join(dir, written+filepath.Base(path))
	err := writeFile(disk, temp, write)
	if err == nil {
		err = disk.rename(temp, path)
	}
	if err == nil {
		err = disk.sync(dir)
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOSPC):
		err = fmt.Errorf("the disk is full: %w", err)
	}
	return fmt.Errorf("store: %s was not written: %w", path, errors.Join(err, disk.removeAll(temp)))
}
