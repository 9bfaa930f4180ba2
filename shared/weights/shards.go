package weights

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"graft/shared/tensor"
)

// shards is a checkpoint cut into several safetensors files.
type shards struct {
	names []string
	in    map[string]*Safetensors // by tensor
	files []*Safetensors
}

const (
	maxIndex  = maxHeader // bytes; a model of a million tensors needs less
	maxShards = 4096
)

// openShards opens the files an index lists. All that are missing, and all tensors that are not where the index
// says, are reported at once.
func openShards(fsys fs.FS, index []byte) (Source, error) {
	weightMap, order, err := parseIndex(index)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", indexName, err)
	}
	s := &shards{in: map[string]*Safetensors{}}
	byName := map[string]*Safetensors{}
	var errs []error
	for _, name := range order {
		f, err := openFile(fsys, name)
		if err != nil {
			errs = append(errs, fmt.Errorf("shard %s: %w", name, err))
			continue
		}
		st, err := OpenSafetensors(f)
		if err != nil {
			f.Close()
			errs = append(errs, fmt.Errorf("shard %s: %w", name, err))
			continue
		}
		s.files = append(s.files, st)
		byName[name] = st
	}
	if errs == nil {
		errs = s.collect(weightMap, byName)
	}
	if errs != nil {
		s.Close()
		return nil, fmt.Errorf("%s: %w", indexName, errors.Join(errs...))
	}
	return unpackBNB(s)
}

// collect fills names and in, and returns what is not as the index says.
func (s *shards) collect(weightMap map[string]string, byName map[string]*Safetensors) (errs []error) {
	for _, f := range s.files {
		for _, name := range f.Names() {
			if byName[weightMap[name]] != f {
				continue // not listed, or in another shard
			}
			s.names = append(s.names, name)
			s.in[name] = f
		}
	}
	if len(s.in) == len(weightMap) {
		return nil
	}
	for name, file := range weightMap {
		if s.in[name] == nil {
			errs = append(errs, fmt.Errorf("%s: not in %s", name, file))
		}
	}
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errs
}

// parseIndex reads {"metadata": {…}, "weight_map": {"tensor": "file", …}} and the files in order. A file must lie
// beside the index: a name with a slash or of a parent would reach out of the model's directory.
func parseIndex(index []byte) (weightMap map[string]string, files []string, err error) {
	if len(index) > maxIndex {
		return nil, nil, fmt.Errorf("%d bytes are over the limit of %d", len(index), maxIndex)
	}
	d := json.NewDecoder(bytes.NewReader(index))
	seen := map[string]bool{}
	err = object(d, func(key string) error {
		if key != "weight_map" {
			var ignored json.RawMessage
			return d.Decode(&ignored)
		}
		weightMap = map[string]string{}
		return object(d, func(name string) error {
			file, err := text(d)
			if err != nil {
				return err
			}
			if !fs.ValidPath(file) || file == "." || strings.ContainsAny(file, `/\:`) {
				return fmt.Errorf("%q is not a file name", file)
			}
			weightMap[name] = file
			if !seen[file] {
				seen[file] = true
				files = append(files, file)
			}
			if len(files) > maxShards {
				return fmt.Errorf("more than %d files", maxShards)
			}
			return nil
		})
	})
	if err != nil {
		return nil, nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, nil, errors.New("more than one JSON value")
	}
	if len(weightMap) == 0 {
		return nil, nil, errors.New("weight_map is missing or empty")
	}
	slices.Sort(files)
	return weightMap, files, nil
}

func (s *shards) Names() []string { return s.names }

func (s *shards) Spec(name string) (tensor.Spec, bool) {
	f, ok := s.in[name]
	if !ok {
		return tensor.Spec{}, false
	}
	return f.Spec(name)
}

func (s *shards) Read(name string, dst []byte) error {
	f, ok := s.in[name]
	if !ok {
		return fmt.Errorf("%s: %w", name, ErrNotFound)
	}
	return f.Read(name, dst)
}

// Range implements Ranger.
func (s *shards) Range(name string) (func(dst []byte, off int64) error, bool) {
	f, ok := s.in[name]
	if !ok {
		return nil, false
	}
	return f.Range(name)
}

// Locate implements Locator.
func (s *shards) Locate(name string) ([]Extent, bool) {
	f, ok := s.in[name]
	if !ok {
		return nil, false
	}
	return locate(f, name)
}

func (s *shards) Bytes(name string) ([]byte, bool) {
	f, ok := s.in[name]
	if !ok {
		return nil, false
	}
	return f.Bytes(name)
}

func (s *shards) Close() error {
	var errs []error
	for _, f := range s.files {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}
