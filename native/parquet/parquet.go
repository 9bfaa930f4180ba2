// Package parquet reads Parquet files, the tables of Hugging Face's data sets, as JSON objects that package dataset takes.
package parquet

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"

	"github.com/parquet-go/parquet-go"

	"graft/shared/dataset"
)

// chunk is the rows that are read together.
const chunk = 256

// Read reads a file. Columns that the form does not need are ignored. A damaged file is an error, never a panic.
func Read(path string, o dataset.Columns) (*dataset.Table, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() > dataset.MaxFileBytes {
		return nil, fmt.Errorf("%s: file is larger than %d bytes", path, dataset.MaxFileBytes)
	}
	return read(f, info.Size(), path, o)
}

func read(r io.ReaderAt, size int64, name string, o dataset.Columns) (t *dataset.Table, err error) {
	defer func() { // the library panics on some damaged pages
		if p := recover(); p != nil {
			t, err = nil, fmt.Errorf("%s: the Parquet file is damaged: %v", name, p)
		}
	}()
	file, err := parquet.OpenFile(r, size)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return dataset.ReadObjects(name, objects(file), o)
}

// objects are the rows as JSON.
func objects(file *parquet.File) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		rows := parquet.NewGenericReader[any](file)
		defer rows.Close()
		list := make([]any, chunk)
		for {
			clear(list)
			n, err := rows.Read(list)
			for _, row := range list[:n] {
				b, err := json.Marshal(plain(row))
				if !yield(b, err) || err != nil {
					return
				}
			}
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil || n == 0 {
				yield(nil, errors.Join(err, io.ErrUnexpectedEOF))
				return
			}
		}
	}
}

// plain makes strings of bytes, and lists of Parquet's three levels (list, element).
func plain(v any) any {
	switch v := v.(type) {
	case []byte:
		return string(v)
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = plain(e)
		}
		return out
	case map[string]any:
		if list, ok := v["list"].([]any); ok && len(v) == 1 {
			out := make([]any, len(list))
			for i, e := range list {
				out[i] = plain(e)
				if m, ok := out[i].(map[string]any); ok && len(m) == 1 {
					for _, inner := range m {
						out[i] = inner
					}
				}
			}
			return out
		}
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[k] = plain(e)
		}
		return out
	}
	return v
}
