// Package store keeps checkpoints in a directory of the file system: it is the native host's train.Store.
//
// A checkpoint becomes visible whole. It is written into a temporary directory beside its place, every file and the
// directory are synced to the disk, and a rename puts it in its place; so after a kill or a power cut at any moment it
// is there whole or not at all. A replaced or removed checkpoint leaves by a rename too. What an interrupted run left
// behind is put right when the directory is opened next, and one run at a time has it open.
package store

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"graft/shared/train"
)

// Directory is a folder whose subfolders are checkpoints.
type Directory struct {
	root string
	disk disk
	lock *os.File
}

var _ train.Store = (*Directory)(nil)

// Names with these prefixes are work in progress; no checkpoint is called so.
const (
	written  = ".writing-"  // a checkpoint that is being written
	replaced = ".replaced-" // the old content of a checkpoint that is being written again
	removed  = ".removed-"  // a checkpoint that is being removed
	lockName = ".lock"      // of the run that has the directory open
)

// Open opens a directory, creating it if need be, and clears what an interrupted run left in it. It is an error when
// another process has it open. Close gives it free.
func Open(root string) (*Directory, error) {
	if err := os.MkdirAll(root, 0o777); err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	lock, err := lockDirectory(root)
	if err != nil {
		return nil, fmt.Errorf("store: %s: %w", root, err)
	}
	d := &Directory{root, system{}, lock}
	if err := d.recover(); err != nil {
		d.Close()
		return nil, fmt.Errorf("store: %s: %w", root, err)
	}
	return d, nil
}

// Close gives the directory free.
func (d *Directory) Close() error {
	if d.lock == nil {
		return nil
	}
	err := os.Remove(filepath.Join(d.root, lockName)) // while it is held, so that it is no other's
	if e := d.lock.Close(); err == nil {
		err = e
	}
	d.lock = nil
	return err
}

// Root is the directory's path.
func (d *Directory) Root() string { return d.root }

// recover finishes or undoes what was under way when the last run ended. A checkpoint that was being replaced is in
// one of two states: its new content is in place, and the old one goes; or it is not, and the old one comes back.
func (d *Directory) recover() error {
	entries, err := d.disk.readDir(d.root)
	if err != nil {
		return err
	}
	there := map[string]bool{}
	for _, e := range entries {
		there[e.Name()] = true
	}
	for name := range there {
		path := filepath.Join(d.root, name)
		old, isOld := strings.CutPrefix(name, replaced)
		switch {
		case isOld && !there[old]:
			err = d.disk.rename(path, filepath.Join(d.root, old))
		case isOld, strings.HasPrefix(name, written), strings.HasPrefix(name, removed):
			err = d.disk.removeAll(path)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// List names the checkpoints.
func (d *Directory) List() ([]string, error) {
	entries, err := d.disk.readDir(d.root)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// Open gives the files of a checkpoint.
func (d *Directory) Open(name string) (fs.FS, error) {
	if err := check(name); err != nil {
		return nil, err
	}
	path := filepath.Join(d.root, name)
	switch info, err := os.Stat(path); {
	case err != nil:
		return nil, fmt.Errorf("store: %w", err)
	case !info.IsDir():
		return nil, fmt.Errorf("store: %s: not a directory", path)
	}
	return os.DirFS(path), nil
}

// Remove takes a checkpoint away.
func (d *Directory) Remove(name string) error {
	if err := check(name); err != nil {
		return err
	}
	gone := filepath.Join(d.root, removed+name)
	if err := d.disk.removeAll(gone); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	if err := d.disk.rename(filepath.Join(d.root, name), gone); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	if err := d.disk.removeAll(gone); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return nil
}

// Put writes a checkpoint, in place of one of that name.
func (d *Directory) Put(ctx context.Context, name string, files []train.File) error {
	if err := check(name); err != nil {
		return err
	}
	temp := filepath.Join(d.root, written+name)
	if err := writeDirectory(ctx, d.disk, temp, files); err != nil {
		return d.explain(name, err)
	}
	place, old := filepath.Join(d.root, name), filepath.Join(d.root, replaced+name)
	_, absent := os.Lstat(place)
	again := absent == nil
	err := d.disk.removeAll(old)
	if err == nil && again {
		err = d.disk.rename(place, old)
	}
	if err == nil {
		err = d.disk.rename(temp, place)
	}
	if err == nil {
		err = d.disk.sync(d.root)
	}
	if err == nil && again {
		err = d.disk.removeAll(old)
	}
	if err != nil {
		return d.explain(name, err)
	}
	return nil
}

// check refuses names that are no plain file names or that this package uses itself.
func check(name string) error {
	if !fs.ValidPath(name) || strings.HasPrefix(name, ".") || strings.ContainsAny(name, `/\:`) {
		return fmt.Errorf("store: %q cannot be the name of a checkpoint", name)
	}
	return nil
}
