package parity

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"graft/shared/api"
	"graft/shared/device"
	"graft/shared/engine/door"
)

// OnDevice is a door of this process on a device.
func OnDevice(open func() (device.Device, error)) (Host, error) {
	h := &native{files: &files{}}
	h.door = door.New(door.Host{Version: "parity", Files: h.files, OpenDevice: func(int) (device.Device, error) { return open() }})
	return h, nil
}

type native struct {
	files *files
	door  *door.Door
}

func (h *native) Directory(path string) ([]api.File, error) { return h.files.directory(path) }
func (h *native) Answer(ctx context.Context, request []byte) []byte {
	return h.door.Answer(ctx, request)
}
func (h *native) Close() error { return errors.Join(h.door.Close(), h.files.close()) }

// files are files of this machine by number.
type files struct{ open []*os.File }

func (f *files) directory(path string) (all []api.File, err error) {
	for _, p := range listed(path) {
		file, err := os.Open(p)
		if err != nil {
			return nil, err
		}
		all = append(all, api.File{Name: filepath.Base(p), ID: int32(len(f.open))})
		f.open = append(f.open, file)
	}
	if len(all) == 0 {
		err = fmt.Errorf("%s: no files", path)
	}
	return all, err
}

// listed are the paths of the files that a path names: itself, or those in it.
func listed(path string) []string {
	entries, err := os.ReadDir(path)
	if err != nil {
		return []string{path}
	}
	var all []string
	for _, e := range entries {
		if e.Type().IsRegular() && !strings.HasPrefix(e.Name(), ".") {
			all = append(all, filepath.Join(path, e.Name()))
		}
	}
	return all
}

func (f *files) Size(id int32) int64 {
	if id < 0 || int(id) >= len(f.open) {
		return -1
	}
	info, err := f.open[id].Stat()
	if err != nil {
		return -1
	}
	return info.Size()
}

func (f *files) ReadAt(id int32, p []byte, off int64) (int, error) {
	n, err := f.open[id].ReadAt(p, off)
	if err == io.EOF && n == len(p) {
		err = nil
	}
	return n, err
}

func (f *files) Fill(int32, device.Buffer, int64, int64) (bool, error) { return false, nil }

func (f *files) close() error {
	var errs []error
	for _, file := range f.open {
		errs = append(errs, file.Close())
	}
	return errors.Join(errs...)
}
