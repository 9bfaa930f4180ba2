package weights

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
)

// File is a file opened for reading. Package native/mmap has one that is mapped into memory.
type File interface {
	io.ReaderAt
	io.Closer
	Size() int64
	Bytes() []byte // the whole file, where it is mapped or in memory; else nil
}

// InMemory is a File that b is the content of.
func InMemory(b []byte) File { return memory{bytes.NewReader(b), b} }

type memory struct {
	*bytes.Reader
	b []byte
}

func (m memory) Bytes() []byte { return m.b }
func (m memory) Close() error  { return nil }

// openFile opens a file of a directory. What fsys opens is used as it is where it can be read at any offset, as
// the files of os.DirFS, embed.FS and native/mmap can; else it is read into memory.
func openFile(fsys fs.FS, name string) (File, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	if f, ok := f.(File); ok {
		return f, nil
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s: not a regular file", name)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	if r, ok := f.(io.ReaderAt); ok {
		return plainFile{r, f, info.Size()}, nil
	}
	b, err := io.ReadAll(f)
	f.Close()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return InMemory(b), nil
}

type plainFile struct {
	io.ReaderAt
	io.Closer
	size int64
}

func (f plainFile) Size() int64   { return f.size }
func (f plainFile) Bytes() []byte { return nil }
