package traintest

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"testing/fstest"

	"graft/shared/train"
)

// Store is a train.Store in memory.
type Store struct {
	Checkpoints map[string]fstest.MapFS
	Full        bool // every Put fails, as on a disk without room
}

var _ train.Store = (*Store)(nil)

// NewStore returns an empty store.
func NewStore() *Store { return &Store{Checkpoints: map[string]fstest.MapFS{}} }

// Put keeps a copy of the files.
func (s *Store) Put(_ context.Context, name string, files []train.File) error {
	m := fstest.MapFS{}
	for _, f := range files {
		var b bytes.Buffer
		if err := f.Write(&b); err != nil {
			return err
		}
		m[f.Name] = &fstest.MapFile{Data: b.Bytes()}
	}
	if s.Full {
		return fmt.Errorf("no space left on device")
	}
	s.Checkpoints[name] = m
	return nil
}

// Open returns a checkpoint's files.
func (s *Store) Open(name string) (fs.FS, error) {
	if m, ok := s.Checkpoints[name]; ok {
		return m, nil
	}
	return nil, fs.ErrNotExist
}

// List names the checkpoints.
func (s *Store) List() ([]string, error) { return slices.Collect(maps.Keys(s.Checkpoints)), nil }

// Remove forgets a checkpoint.
func (s *Store) Remove(name string) error { delete(s.Checkpoints, name); return nil }
