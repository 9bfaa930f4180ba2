// Package mmap opens files mapped into memory, so that a model's weights are read by the operating system when
// they are touched, and shared between processes. Where a platform has no mapping, files are read as usual.
//
// A mapped file must not be cut short while it is open: touching what is gone ends the process.
package mmap

import (
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"

	"graft/shared/weights"
)

// Open maps the file at path for reading.
func Open(path string) (weights.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	m, err := newFile(f)
	if err != nil {
		return nil, err // has the path in it
	}
	return m, nil
}

// FS is the directory at path, for weights.Open. Its regular files are weights.Files, mapped.
func FS(path string) fs.FS { return dir(path) }

type dir string

func (d dir) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	f, err := os.Open(filepath.Join(string(d), filepath.FromSlash(name)))
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return f, err
	}
	return newFile(f)
}

// file is an open file and its mapping. It is a weights.File and an fs.File.
type file struct {
	*os.File
	size int64
	data []byte // nil where the file is not mapped
}

// newFile takes f over.
func newFile(f *os.File) (*file, error) {
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s: not a regular file", f.Name())
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	m := &file{File: f, size: info.Size()}
	if m.size > 0 && m.size <= math.MaxInt { // an empty file cannot be mapped
		if m.data, err = mapping(f, int(m.size)); err != nil {
			f.Close()
			return nil, fmt.Errorf("%s: map %d bytes: %w", f.Name(), m.size, err)
		}
	}
	return m, nil
}

func (m *file) Size() int64   { return m.size }
func (m *file) Bytes() []byte { return m.data }

// ReadAt copies from the mapping, which is cheaper than a system call.
func (m *file) ReadAt(p []byte, off int64) (int, error) {
	if m.data == nil {
		return m.File.ReadAt(p, off)
	}
	if off < 0 {
		return 0, fmt.Errorf("%s: read at %d", m.Name(), off)
	}
	if off >= m.size {
		return 0, io.EOF
	}
	n := copy(p, m.data[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// Close ends the mapping: views of it must not be touched any more.
func (m *file) Close() error {
	data := m.data
	m.data = nil
	if err := unmap(data); err != nil {
		m.File.Close()
		return fmt.Errorf("%s: unmap: %w", m.Name(), err)
	}
	return m.File.Close()
}
