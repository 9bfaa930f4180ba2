package weights

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// Open opens the weights in a model's directory: model.safetensors, or the shards that
// model.safetensors.index.json lists, or the only GGUF file, or the parts of one that was split. Weights quantised by bitsandbytes to 4 bits are
// presented under their own names, as NF4 where its blocks allow it.
func Open(fsys fs.FS) (Source, error) {
	src, err := open(fsys)
	if err != nil {
		return nil, fmt.Errorf("weights: %w", err)
	}
	return src, nil
}

const (
	singleName = "model.safetensors"
	indexName  = "model.safetensors.index.json"
)

func open(fsys fs.FS) (Source, error) {
	f, err := openFile(fsys, singleName)
	if err == nil {
		src, err := openFormat(f)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", singleName, err)
		}
		return src, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	index, err := fs.ReadFile(fsys, indexName)
	if err == nil {
		return openShards(fsys, index)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return openOnlyGGUF(fsys)
}

func openOnlyGGUF(fsys fs.FS) (Source, error) {
	names, err := fs.Glob(fsys, "*.gguf")
	if err != nil {
		return nil, err
	}
	switch len(names) {
	case 0:
		if pickles, _ := fs.Glob(fsys, "pytorch_model*.bin"); len(pickles) > 0 {
			return nil, fmt.Errorf("%s runs code when it is loaded and is not read: save the model as safetensors (transformers: model.save_pretrained(directory, safe_serialization=True))", pickles[0])
		}
		return nil, fmt.Errorf("no %s, %s or *.gguf: %w", singleName, indexName, fs.ErrNotExist)
	default:
		parts := SplitNames(names[0])
		for _, name := range names {
			if len(names) > 1 && !slices.Contains(parts, name) {
				return nil, fmt.Errorf("%d GGUF files, expected one or the parts of one model: %s", len(names), brief(names))
			}
		}
		if len(parts) > 1 {
			return openSplit(fsys, parts)
		}
	}
	f, err := openFile(fsys, names[0])
	if err != nil {
		return nil, err
	}
	src, err := openFormat(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", names[0], err)
	}
	return src, nil
}

// brief is the first of many names.
func brief(names []string) string {
	const most = 8
	if n := len(names); n > most {
		return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", n-most)
	}
	return strings.Join(names, ", ")
}

// OpenFile opens one file, GGUF or safetensors, which its first bytes tell apart. The source closes f; so does an
// error.
func OpenFile(f File) (Source, error) {
	src, err := openFormat(f)
	if err != nil {
		return nil, fmt.Errorf("weights: %w", err)
	}
	return src, nil
}

func openFormat(f File) (Source, error) {
	var magic [4]byte
	if f.Size() >= int64(len(magic)) {
		if err := readFull(f, magic[:], 0); err != nil {
			f.Close()
			return nil, err
		}
	}
	if bytes.Equal(magic[:], []byte(ggufMagic)) {
		g, err := OpenGGUF(f)
		if err != nil {
			f.Close()
			return nil, err
		}
		return g, nil
	}
	s, err := OpenSafetensors(f)
	if err != nil {
		f.Close()
		return nil, err
	}
	return unpackBNB(s)
}
