package train

import (
	"context"
	"io"
	"io/fs"
)

// Store keeps checkpoints: a host's directory, a browser's storage.
type Store interface {
	// Put writes a checkpoint of that name. After a crash at any moment it is there whole or not at all.
	Put(ctx context.Context, name string, files []File) error
	// Open gives the files of a checkpoint.
	Open(name string) (fs.FS, error)
	// List names the checkpoints that are there whole, in any order.
	List() ([]string, error)
	Remove(name string) error
}

// File is one file of a checkpoint.
type File struct {
	Name  string
	Write func(io.Writer) error
}
