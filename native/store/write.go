package store

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"graft/shared/train"
)

// bufferSize is what is handed to the system at a time, in bytes.
const bufferSize = 1 << 20

// writeDirectory makes a directory of files that lasts. On an error it is not there; after a kill part of it may be.
func writeDirectory(ctx context.Context, disk disk, path string, files []train.File) (err error) {
	if err := disk.removeAll(path); err != nil {
		return err
	}
	if err := disk.mkdir(path); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, disk.removeAll(path))
		}
	}()
	for _, f := range files {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := checkFile(f.Name); err != nil {
			return err
		}
		if err := writeFile(disk, filepath.Join(path, f.Name), f.Write); err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	return disk.sync(path)
}

// checkFile refuses names that would leave the directory.
func checkFile(name string) error {
	if name == "" || name == "." || name == ".." || strings.ContainsAny(name, `/\`) {
		return fmt.Errorf("%q cannot be the name of a file", name)
	}
	return nil
}

func writeFile(disk disk, path string, write func(io.Writer) error) error {
	f, err := disk.create(path)
	if err != nil {
		return err
	}
	b := bufio.NewWriterSize(f, bufferSize)
	err = write(b)
	if err == nil {
		err = b.Flush()
	}
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}

// explain adds to an error of writing what is left to the user.
func (d *Directory) explain(name string, err error) error {
	if !errors.Is(err, syscall.ENOSPC) && !errors.Is(err, syscall.EDQUOT) {
		return fmt.Errorf("store: %s: %w", filepath.Join(d.root, name), err)
	}
	kept := "no earlier checkpoint is there"
	if names, _ := d.List(); len(names) > 0 {
		kept = "earlier checkpoints are whole: " + strings.Join(slices.Sorted(slices.Values(names)), ", ")
	}
	return fmt.Errorf("store: %s was not written, the disk is full; %s: %w", filepath.Join(d.root, name), kept, err)
}

// WriteFiles puts files into an existing directory, in place of those of the same names: all are written and synced
// beside their places before the first takes its place. marker names the one without which the others mean nothing
// (adapter_config.json): it goes first and comes last, so that a reader never sees a mixture.
func (d *Directory) WriteFiles(ctx context.Context, files []train.File, marker string) error {
	temp := filepath.Join(d.root, written+"files")
	if err := writeDirectory(ctx, d.disk, temp, files); err != nil {
		return d.explain("files", err)
	}
	order := slices.Clone(files)
	slices.SortStableFunc(order, func(a, b train.File) int {
		return boolInt(a.Name == marker) - boolInt(b.Name == marker)
	})
	err := d.disk.removeAll(filepath.Join(d.root, marker))
	for _, f := range order {
		if err == nil {
			err = d.disk.rename(filepath.Join(temp, f.Name), filepath.Join(d.root, f.Name))
		}
	}
	if err == nil {
		err = d.disk.sync(d.root)
	}
	return errors.Join(err, d.disk.removeAll(temp))
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Write makes a new directory of files: whole, or not at all. One that is there already and not empty is an error.
func Write(ctx context.Context, path string, files []train.File) error {
	return writeNew(ctx, system{}, path, files)
}

func writeNew(ctx context.Context, disk disk, path string, files []train.File) error {
	path = filepath.Clean(path)
	entries, err := disk.readDir(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("store: %w", err)
	}
	if len(entries) > 0 {
		return fmt.Errorf("store: %s: the directory is not empty; name another or remove it", path)
	}
	parent := filepath.Dir(path)
	if err := os.MkdirAll(parent, 0o777); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	temp := filepath.Join(parent, written+filepath.Base(path))
	if err := writeDirectory(ctx, disk, temp, files); err != nil {
		if errors.Is(err, syscall.ENOSPC) {
			return fmt.Errorf("store: %s was not written, the disk is full: %w", path, err)
		}
		return fmt.Errorf("store: %s: %w", path, err)
	}
	err = disk.removeAll(path) // empty, or absent
	if err == nil {
		err = disk.rename(temp, path)
	}
	if err == nil {
		err = disk.sync(parent)
	}
	if err != nil {
		return fmt.Errorf("store: %s: %w", path, errors.Join(err, disk.removeAll(temp)))
	}
	return nil
}
