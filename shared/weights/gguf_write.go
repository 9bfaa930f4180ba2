package weights

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"

	"graft/shared/quant"
	"graft/shared/tensor"
)

// WriteGGUF writes a GGUF file of version 3. The tensors have GGUF's names and llama.cpp's order of rows, as
// GGUFItems gives them. meta begins with general.architecture; its general.alignment is used where it is set.
func WriteGGUF(w io.Writer, meta Meta, tensors []Item) error {
	if err := writeGGUF(w, meta, tensors); err != nil {
		return fmt.Errorf("gguf: %w", err)
	}
	return nil
}

func writeGGUF(out io.Writer, meta Meta, tensors []Item) error {
	alignment := int64(ggufAlignment)
	if v, ok := meta.Int("general.alignment"); ok {
		if v < 1 || v > maxGGUFAlignment || v&(v-1) != 0 {
			return fmt.Errorf("general.alignment is %d, expected a power of two up to %d", v, maxGGUFAlignment)
		}
		alignment = v
	}
	w := &ggufWriter{w: bufio.NewWriterSize(out, 1<<16)}
	w.raw([]byte(ggufMagic))
	w.uint32(3)
	w.uint64(uint64(len(tensors)))
	w.uint64(uint64(len(meta.keys)))
	for _, key := range meta.keys {
		if len(key) > maxGGUFName {
			return fmt.Errorf("metadata key %.40q… of %d bytes is too long", key, len(key))
		}
		w.string(key)
		if err := w.value(meta.values[key]); err != nil {
			return fmt.Errorf("metadata %s: %w", key, err)
		}
	}
	var at int64
	seen := map[string]bool{}
	for _, t := range tensors {
		id, ok := ggufType(t.DType)
		switch {
		case !ok:
			return fmt.Errorf("%s: the format has no type for %v", t.Name, t.DType)
		case seen[t.Name]:
			return fmt.Errorf("%s: name occurs twice", t.Name)
		case len(t.Name) > maxGGUFName:
			return fmt.Errorf("%.40s…: name of %d bytes is too long", t.Name, len(t.Name))
		}
		if err := t.Check(); err != nil {
			return fmt.Errorf("%s: %w", t.Name, err)
		}
		seen[t.Name] = true
		w.string(t.Name)
		w.uint32(uint32(len(t.Shape)))
		for _, n := range slices.Backward(t.Shape) {
			w.uint64(uint64(n))
		}
		w.uint32(id)
		w.uint64(uint64(at))
		at = align(at+int64(t.Size()), alignment)
	}
	w.pad(alignment)
	for _, t := range tensors {
		if err := writeItem(w, t); err != nil {
			return err
		}
		w.pad(alignment)
	}
	if w.err != nil {
		return w.err
	}
	return w.w.Flush()
}

// ggufType is the reverse of ggufDType.
func ggufType(d tensor.DType) (uint32, bool) {
	if d == tensor.I32 {
		return ggufI32, true
	}
	f, ok := quant.Of(d)
	return f.GGUF, ok && f.GGUF != quant.NoGGUF
}

// ggufWriter counts what it writes and keeps the first error.
type ggufWriter struct {
	w   *bufio.Writer
	at  int64
	err error
}

func (w *ggufWriter) Write(b []byte) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	n, err := w.w.Write(b)
	w.at += int64(n)
	w.err = err
	return n, err
}

func (w *ggufWriter) raw(b []byte)    { w.Write(b) } // the error is kept
func (w *ggufWriter) uint32(v uint32) { w.raw(binary.LittleEndian.AppendUint32(nil, v)) }
func (w *ggufWriter) uint64(v uint64) { w.raw(binary.LittleEndian.AppendUint64(nil, v)) }

func (w *ggufWriter) string(s string) {
	w.uint64(uint64(len(s)))
	w.raw([]byte(s))
}

func (w *ggufWriter) pad(alignment int64) {
	w.raw(make([]byte, align(w.at, alignment)-w.at))
}

// value writes a type and a value.
func (w *ggufWriter) value(v any) error {
	switch v := v.(type) {
	case string:
		w.uint32(ggufString)
		w.string(v)
	case []string:
		writeArray(w, ggufString, v, w.string)
	case []any:
		return fmt.Errorf("arrays of arrays are not written")
	case []uint8:
		writeArray(w, ggufUint8, v, func(x uint8) { w.fixed(x) })
	case []int8:
		writeArray(w, ggufInt8, v, func(x int8) { w.fixed(x) })
	case []uint16:
		writeArray(w, ggufUint16, v, func(x uint16) { w.fixed(x) })
	case []int16:
		writeArray(w, ggufInt16, v, func(x int16) { w.fixed(x) })
	case []uint32:
		writeArray(w, ggufUint32, v, w.uint32)
	case []int32:
		writeArray(w, ggufInt32, v, func(x int32) { w.uint32(uint32(x)) })
	case []float32:
		writeArray(w, ggufFloat32, v, func(x float32) { w.uint32(math.Float32bits(x)) })
	case []bool:
		writeArray(w, ggufBool, v, func(x bool) { w.fixed(x) })
	case []uint64:
		writeArray(w, ggufUint64, v, w.uint64)
	case []int64:
		writeArray(w, ggufInt64, v, func(x int64) { w.uint64(uint64(x)) })
	case []float64:
		writeArray(w, ggufFloat64, v, func(x float64) { w.uint64(math.Float64bits(x)) })
	default:
		typ, ok := scalarType(v)
		if !ok {
			return fmt.Errorf("values of type %T are not written", v)
		}
		w.uint32(typ)
		w.fixed(v)
	}
	return nil
}

func writeArray[T any](w *ggufWriter, typ uint32, v []T, element func(T)) {
	w.uint32(ggufArray)
	w.uint32(typ)
	w.uint64(uint64(len(v)))
	for _, x := range v {
		element(x)
	}
}

// fixed writes a number or boolean.
func (w *ggufWriter) fixed(v any) {
	if err := binary.Write(w, binary.LittleEndian, v); err != nil && w.err == nil {
		w.err = err
	}
}

func scalarType(v any) (uint32, bool) {
	switch v.(type) {
	case uint8:
		return ggufUint8, true
	case int8:
		return ggufInt8, true
	case uint16:
		return ggufUint16, true
	case int16:
		return ggufInt16, true
	case uint32:
		return ggufUint32, true
	case int32:
		return ggufInt32, true
	case float32:
		return ggufFloat32, true
	case bool:
		return ggufBool, true
	case uint64:
		return ggufUint64, true
	case int64:
		return ggufInt64, true
	case float64:
		return ggufFloat64, true
	}
	return 0, false
}
