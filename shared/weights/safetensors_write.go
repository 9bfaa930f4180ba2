package weights

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"graft/shared/tensor"
)

// Item is a tensor to write. Write puts Spec.Size bytes into w; it is called once, when the tensor's turn comes, so
// that a model need not be in memory.
type Item struct {
	Name string
	tensor.Spec
	Write func(w io.Writer) error
}

// ItemOf is an item of a tensor in memory.
func ItemOf(name string, t *tensor.Tensor) Item {
	return itemOfBytes(name, t.Spec, t.Data)
}

func itemOfBytes(name string, s tensor.Spec, b []byte) Item {
	return Item{name, s, func(w io.Writer) error {
		_, err := w.Write(b)
		return err
	}}
}

// ItemFrom is an item of a tensor in a source.
func ItemFrom(src Source, name string) (Item, error) {
	s, ok := src.Spec(name)
	if !ok {
		return Item{}, fmt.Errorf("%s: %w", name, ErrNotFound)
	}
	if s.DType == tensor.Invalid {
		return Item{}, src.Read(name, nil)
	}
	return Item{name, s, func(w io.Writer) error {
		b, ok := src.Bytes(name)
		if !ok {
			b = make([]byte, s.Size())
			if err := src.Read(name, b); err != nil {
				return err
			}
		}
		_, err := w.Write(b)
		return err
	}}, nil
}

// WriteSafetensors writes a safetensors file, byte for byte as the reference implementation would: tensors of
// larger types first, then by name; the header ends at a multiple of 8 bytes. Metadata may be nil; Hugging Face's
// loaders want {"format": "pt"}.
func WriteSafetensors(w io.Writer, tensors []Item, metadata map[string]string) error {
	header, sorted, err := safetensorsHeader(tensors, metadata)
	if err != nil {
		return fmt.Errorf("safetensors: %w", err)
	}
	if _, err := w.Write(header); err != nil {
		return fmt.Errorf("safetensors: header: %w", err)
	}
	for _, t := range sorted {
		if err := writeItem(w, t); err != nil {
			return fmt.Errorf("safetensors: %w", err)
		}
	}
	return nil
}

// writeItem writes t and holds it to its size.
func writeItem(w io.Writer, t Item) error {
	c := &counter{w: w}
	if err := t.Write(c); err != nil {
		return fmt.Errorf("%s: %w", t.Name, err)
	}
	if c.n != int64(t.Size()) {
		return fmt.Errorf("%s: wrote %d bytes, expected %d for %v", t.Name, c.n, t.Size(), t.Spec)
	}
	return nil
}

type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}

func safetensorsHeader(tensors []Item, metadata map[string]string) (header []byte, sorted []Item, err error) {
	order := func(t Item) int {
		for i, row := range stWrite {
			if row.dtype == t.DType {
				return i
			}
		}
		return -1
	}
	for _, t := range tensors {
		if err := t.Check(); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", t.Name, err)
		}
		if order(t) < 0 {
			return nil, nil, fmt.Errorf("%s: the format has no type for %v", t.Name, t.DType)
		}
		if t.Name == "__metadata__" {
			return nil, nil, fmt.Errorf("%s cannot be a tensor's name", t.Name)
		}
	}
	sorted = slices.Clone(tensors)
	slices.SortFunc(sorted, func(a, b Item) int {
		if x, y := order(a), order(b); x != y {
			return x - y
		}
		return strings.Compare(a.Name, b.Name)
	})

	b := bytes.NewBuffer(make([]byte, 8))
	b.WriteByte('{')
	if metadata != nil {
		fmt.Fprintf(b, `"__metadata__":%s`, compactJSON(metadata))
	}
	at := 0
	seen := map[string]bool{}
	for _, t := range sorted {
		if seen[t.Name] {
			return nil, nil, fmt.Errorf("%s: name occurs twice", t.Name)
		}
		seen[t.Name] = true
		if b.Len() > 9 {
			b.WriteByte(',')
		}
		fmt.Fprintf(b, `%s:{"dtype":"%s","shape":%s,"data_offsets":[%d,%d]}`,
			compactJSON(t.Name), stWrite[order(t)].name, compactJSON(t.Shape), at, at+t.Size())
		at += t.Size()
	}
	b.WriteByte('}')
	for b.Len()%8 != 0 {
		b.WriteByte(' ')
	}
	header = b.Bytes()
	if len(header)-8 > maxHeader {
		return nil, nil, fmt.Errorf("header of %d bytes is over the limit of %d", len(header)-8, maxHeader)
	}
	binary.LittleEndian.PutUint64(header, uint64(len(header)-8))
	return header, sorted, nil
}

// compactJSON is v without spaces and without the escapes Go adds for web pages; map keys are sorted.
func compactJSON(v any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic("BUG: weights: " + err.Error()) // strings, maps of strings and integers only
	}
	return strings.TrimSuffix(b.String(), "\n")
}
