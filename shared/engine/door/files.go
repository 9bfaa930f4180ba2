package door

import (
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"graft/shared/api"
	"graft/shared/device"
	"graft/shared/weights"
)

// Files are the host's, by number.
type Files interface {
	// Size is in bytes, -1 where there is no such file.
	Size(id int32) int64
	// ReadAt is as io.ReaderAt has it.
	ReadAt(id int32, p []byte, off int64) (n int, err error)
	// Fill copies n bytes at off straight into the beginning of a device's buffer; ok is false where it cannot.
	Fill(id int32, b device.Buffer, off, n int64) (ok bool, err error)
}

// maxFiles is the most files of one directory.
const maxFiles = 4096

// directory is a model's or an adapter's directory made of the host's files.
type directory struct {
	host  Files
	files map[string]int32 // numbers by name
}

var _ fs.ReadDirFS = directory{}

func newDirectory(host Files, files []api.File) (directory, error) {
	d := directory{host, map[string]int32{}}
	if len(files) == 0 || len(files) > maxFiles {
		return d, fmt.Errorf("%d files, expected 1 to %d", len(files), maxFiles)
	}
	for _, f := range files {
		if !fs.ValidPath(f.Name) || f.Name == "." {
			return d, fmt.Errorf("file %q: not a name in a directory", f.Name)
		}
		if _, ok := d.files[f.Name]; ok {
			return d, fmt.Errorf("file %q: named twice", f.Name)
		}
		d.files[f.Name] = f.ID
	}
	return d, nil
}

// Open opens a file; reading more than its first bytes is up to who reads.
func (d directory) Open(name string) (fs.File, error) {
	id, ok := d.files[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	size := d.host.Size(id)
	if size < 0 {
		return nil, &fs.PathError{Op: "open", Path: fmt.Sprintf("%s (file %d of the host)", name, id), Err: fs.ErrNotExist}
	}
	return &file{host: d.host, id: id, name: name, size: size}, nil
}

// ReadDir lists the files that lie in the directory itself.
func (d directory) ReadDir(name string) ([]fs.DirEntry, error) {
	if name != "." {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	var all []fs.DirEntry
	for name, id := range d.files {
		if path.Dir(name) == "." {
			all = append(all, fs.FileInfoToDirEntry(&file{name: name, size: d.host.Size(id)}))
		}
	}
	slices.SortFunc(all, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return all, nil
}

// file is one of the host's files, and what is known of it.
type file struct {
	host Files
	id   int32
	name string
	size int64
	at   int64
}

var (
	_ weights.Filler = (*file)(nil)
	_ weights.File   = (*file)(nil)
	_ fs.FileInfo    = (*file)(nil)
)

func (f *file) Close() error               { return nil } // the host's
func (f *file) Bytes() []byte              { return nil }
func (f *file) Size() int64                { return f.size }
func (f *file) Name() string               { return path.Base(f.name) }
func (f *file) Mode() fs.FileMode          { return 0o444 }
func (f *file) ModTime() time.Time         { return time.Time{} }
func (f *file) IsDir() bool                { return false }
func (f *file) Sys() any                   { return nil }
func (f *file) Stat() (fs.FileInfo, error) { return f, nil }

// Read reads on from where the last Read ended.
func (f *file) Read(p []byte) (int, error) {
	n, err := f.ReadAt(p, f.at)
	f.at += int64(n)
	if n > 0 {
		err = nil
	}
	return n, err
}

// ReadAt reads a range.
func (f *file) ReadAt(p []byte, off int64) (int, error) {
	if off >= f.size {
		return 0, io.EOF
	}
	n, err := f.host.ReadAt(f.id, p[:min(int64(len(p)), f.size-off)], off)
	if err == nil && n < len(p) {
		err = io.EOF
	}
	if err != nil && err != io.EOF {
		err = fmt.Errorf("%s: %w", f.name, err)
	}
	return n, err
}

// Fill reads a range into the memory of a device.
func (f *file) Fill(b device.Buffer, off, n int64) (bool, error) {
	ok, err := f.host.Fill(f.id, b, off, n)
	if err != nil {
		err = fmt.Errorf("%s: %w", f.name, err)
	}
	return ok, err
}
