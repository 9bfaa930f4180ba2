package store

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// disk is what this package does to a file system, so that tests can end it between any two steps.
type disk interface {
	mkdir(path string) error
	create(path string) (file, error)
	rename(from, to string) error
	removeAll(path string) error
	sync(dir string) error // makes the names in a directory last
	readDir(path string) ([]fs.DirEntry, error)
}

type file interface {
	io.WriteCloser
	Sync() error
}

// system is the operating system's.
type system struct{}

func (system) mkdir(path string) error                    { return os.Mkdir(path, 0o777) }
func (system) create(path string) (file, error)           { return os.Create(path) }
func (system) rename(from, to string) error               { return os.Rename(from, to) }
func (system) removeAll(path string) error                { return os.RemoveAll(path) }
func (system) readDir(path string) ([]fs.DirEntry, error) { return os.ReadDir(path) }

func (system) sync(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	// Some file systems and Windows cannot sync a directory; there a rename lasts as the system sees fit.
	if err := d.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, fs.ErrPermission) {
		return err
	}
	return nil
}
