package weights

import (
	"fmt"
	"math"
)

// Meta is the metadata of a GGUF file: values by key, in the order of the file. The getters give false where the
// key is missing or its value is of another kind.
type Meta struct {
	keys   []string
	values map[string]any
}

// Types of GGUF values, in the order of their ids. A value is held in Go as the type in the comment; an array as a
// slice of that, an array of arrays as []any.
const (
	ggufUint8   = iota // uint8
	ggufInt8           // int8
	ggufUint16         // uint16
	ggufInt16          // int16
	ggufUint32         // uint32
	ggufInt32          // int32
	ggufFloat32        // float32
	ggufBool           // bool
	ggufString         // string
	ggufArray
	ggufUint64  // uint64
	ggufInt64   // int64
	ggufFloat64 // float64
)

const (
	maxGGUFString = 16 << 20
	maxGGUFArray  = 16 << 20 // elements
	maxGGUFDepth  = 4        // arrays in arrays
)

func (m *Meta) read(r *ggufReader, pairs int) error {
	m.values = make(map[string]any, pairs)
	for i := range pairs {
		key := r.string(maxGGUFName)
		if r.err != nil {
			return fmt.Errorf("metadata key %d: %w", i, r.err)
		}
		if _, ok := m.values[key]; ok {
			return fmt.Errorf("metadata key %s occurs twice", key)
		}
		v := r.value(r.uint32(), 0)
		if r.err != nil {
			return fmt.Errorf("metadata %s: %w", key, r.err)
		}
		m.Set(key, v)
	}
	return nil
}

// value reads one value of a type.
func (r *ggufReader) value(typ uint32, depth int) any {
	switch typ {
	case ggufUint8:
		return r.uint8()
	case ggufInt8:
		return int8(r.uint8())
	case ggufUint16:
		return r.uint16()
	case ggufInt16:
		return int16(r.uint16())
	case ggufUint32:
		return r.uint32()
	case ggufInt32:
		return int32(r.uint32())
	case ggufFloat32:
		return r.float32()
	case ggufBool:
		return r.bool()
	case ggufString:
		return r.string(maxGGUFString)
	case ggufArray:
		return r.array(depth + 1)
	case ggufUint64:
		return r.uint64()
	case ggufInt64:
		return int64(r.uint64())
	case ggufFloat64:
		return r.float64()
	}
	if r.err == nil {
		r.err = fmt.Errorf("value type %d is not known", typ)
	}
	return nil
}

func (r *ggufReader) uint8() uint8 {
	r.bytes(r.buf[:1])
	return r.buf[0]
}

func (r *ggufReader) uint16() uint16 {
	r.bytes(r.buf[:2])
	return uint16(r.buf[0]) | uint16(r.buf[1])<<8
}

func (r *ggufReader) bool() bool {
	b := r.uint8()
	if r.err == nil && b > 1 {
		r.err = fmt.Errorf("boolean is %d", b)
	}
	return b == 1
}

func (r *ggufReader) array(depth int) any {
	typ := r.uint32()
	if depth > maxGGUFDepth && r.err == nil {
		r.err = fmt.Errorf("arrays are nested more than %d deep", maxGGUFDepth)
	}
	elems := func(least int64) int { return r.count("array elements", maxGGUFArray, least) }
	switch typ {
	case ggufUint8:
		b := make([]uint8, elems(1))
		r.bytes(b)
		return b
	case ggufInt8:
		return list(elems(1), func() int8 { return int8(r.uint8()) })
	case ggufUint16:
		return list(elems(2), r.uint16)
	case ggufInt16:
		return list(elems(2), func() int16 { return int16(r.uint16()) })
	case ggufUint32:
		return list(elems(4), r.uint32)
	case ggufInt32:
		return list(elems(4), func() int32 { return int32(r.uint32()) })
	case ggufFloat32:
		return list(elems(4), r.float32)
	case ggufBool:
		return list(elems(1), r.bool)
	case ggufString:
		return list(elems(8), func() string { return r.string(maxGGUFString) })
	case ggufArray:
		return list(elems(4+8), func() any { return r.array(depth + 1) })
	case ggufUint64:
		return list(elems(8), r.uint64)
	case ggufInt64:
		return list(elems(8), func() int64 { return int64(r.uint64()) })
	case ggufFloat64:
		return list(elems(8), r.float64)
	}
	if r.err == nil {
		r.err = fmt.Errorf("array of value type %d, which is not known", typ)
	}
	return nil
}

func list[T any](n int, next func() T) []T {
	v := make([]T, n)
	for i := range v {
		v[i] = next()
	}
	return v
}

// Set adds or replaces a value, of one of the Go types above.
func (m *Meta) Set(key string, v any) {
	if m.values == nil {
		m.values = map[string]any{}
	}
	if _, ok := m.values[key]; !ok {
		m.keys = append(m.keys, key)
	}
	m.values[key] = v
}

// Keys are in the order of the file.
func (m Meta) Keys() []string { return m.keys }

// Value is the value as it is stored.
func (m Meta) Value(key string) (any, bool) {
	v, ok := m.values[key]
	return v, ok
}

func (m Meta) String(key string) (string, bool) {
	s, ok := m.values[key].(string)
	return s, ok
}

func (m Meta) Bool(key string) (v, ok bool) {
	v, ok = m.values[key].(bool)
	return v, ok
}

// Int is a value of any integer type that fits.
func (m Meta) Int(key string) (int64, bool) { return integer(m.values[key]) }

func integer(v any) (int64, bool) {
	switch v := v.(type) {
	case uint8:
		return int64(v), true
	case int8:
		return int64(v), true
	case uint16:
		return int64(v), true
	case int16:
		return int64(v), true
	case uint32:
		return int64(v), true
	case int32:
		return int64(v), true
	case uint64:
		return int64(v), v <= math.MaxInt64
	case int64:
		return v, true
	}
	return 0, false
}

// Float is a value of either float type.
func (m Meta) Float(key string) (float64, bool) {
	switch v := m.values[key].(type) {
	case float32:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}

func (m Meta) Strings(key string) ([]string, bool) {
	v, ok := m.values[key].([]string)
	return v, ok
}

func (m Meta) Floats(key string) ([]float32, bool) {
	v, ok := m.values[key].([]float32)
	return v, ok
}

// Ints is an array of integers of any type that fit.
func (m Meta) Ints(key string) ([]int64, bool) {
	switch v := m.values[key].(type) {
	case []uint8:
		return integers(v)
	case []int8:
		return integers(v)
	case []uint16:
		return integers(v)
	case []int16:
		return integers(v)
	case []uint32:
		return integers(v)
	case []int32:
		return integers(v)
	case []uint64:
		return integers(v)
	case []int64:
		return v, true
	}
	return nil, false
}

func integers[T any](v []T) ([]int64, bool) {
	out := make([]int64, len(v))
	for i, x := range v {
		n, ok := integer(x)
		if !ok {
			return nil, false
		}
		out[i] = n
	}
	return out, true
}
