package sandbox

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"graft/shared/api"
)

// fileTable is the files an engine may read, by number.
type fileTable struct {
	files []opened
}

type opened struct {
	io.ReaderAt
	io.Closer
	size int64
}

// add opens a file and numbers it.
func (t *fileTable) add(path string) (int32, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s: not a regular file", path)
	}
	if err != nil {
		f.Close()
		return 0, err
	}
	t.files = append(t.files, opened{f, f, info.Size()})
	return int32(len(t.files) - 1), nil
}

// size is that of a file in bytes, -1 for none of the number.
func (t *fileTable) size(id int32) int64 {
	if id < 0 || int(id) >= len(t.files) {
		return -1
	}
	return t.files[id].size
}

// read fills p, which may reach beyond the end of the file; -1 is an error.
func (t *fileTable) read(id int32, p []byte, off int64) int32 {
	if t.size(id) < 0 || off < 0 {
		return -1
	}
	n, err := t.files[id].ReadAt(p, off)
	if err != nil && err != io.EOF {
		return -1
	}
	return int32(n)
}

func (t *fileTable) close() error {
	var errs []error
	for _, f := range t.files {
		errs = append(errs, f.Close())
	}
	t.files = nil
	return errors.Join(errs...)
}

// AddFile lets the engine read a file, under the name it has in its directory.
func (s *Sandbox) AddFile(path, name string) (api.File, error) {
	id, err := s.files.add(path)
	return api.File{Name: name, ID: id}, err
}

// AddDirectory lets the engine read the files of a model's or an adapter's directory, or the GGUF file that path is. Files that no
// model has, and folders of checkpoints, are left out.
func (s *Sandbox) AddDirectory(path string) ([]api.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		f, err := s.AddFile(path, filepath.Base(path))
		return []api.File{f}, err
	}
	var all []api.File
	for _, pattern := range []string{"*", "*_Pooling/*", "*_Normalize/*", "*_Dense/*"} { // the last three are sentence-transformers'
		names, err := filepath.Glob(filepath.Join(escape(path), pattern))
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			if i, err := os.Stat(name); err != nil || !i.Mode().IsRegular() {
				continue
			}
			rel, err := filepath.Rel(path, name)
			if err != nil {
				return nil, err
			}
			f, err := s.AddFile(name, filepath.ToSlash(rel))
			if err != nil {
				return nil, err
			}
			all = append(all, f)
		}
	}
	return all, nil
}

// escape keeps a path from being read as a pattern.
func escape(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}
