// Package tensor is the data that crosses the border of a device: a type, a shape and bytes.
//
// Values are row-major and contiguous; there are no strides. A Spec says what is known of a value before
// it is computed, a Tensor adds the bytes, little-endian.
package tensor

import (
	"fmt"
	"math"
	"slices"
	"unsafe"
)

// MaxRank is the most dimensions a value has; the command format has room for no more.
const MaxRank = 4

// Shape is the size of each dimension, outermost first. A scalar has the shape [1].
type Shape []int

// Len is the number of values.
func (s Shape) Len() int {
	n := 1
	for _, d := range s {
		n *= d
	}
	return n
}

// Rows is the product of all dimensions but the last, Cols the last.
func (s Shape) Rows() int {
	if len(s) == 0 {
		return 1
	}
	return Shape(s[:len(s)-1]).Len()
}

// Cols is the size of the last dimension.
func (s Shape) Cols() int {
	if len(s) == 0 {
		return 1
	}
	return s[len(s)-1]
}

// Equal reports whether s and t have the same dimensions.
func (s Shape) Equal(t Shape) bool { return slices.Equal(s, t) }

// Spec is what is known of a value before it is computed.
type Spec struct {
	DType DType
	Shape Shape
}

// Of is short for Spec{d, shape}.
func Of(d DType, shape ...int) Spec { return Spec{d, shape} }

// Size is the number of bytes a value of s takes.
func (s Spec) Size() int { return s.DType.Size(s.Shape.Len()) }

func (s Spec) String() string { return fmt.Sprintf("%v%v", s.DType, []int(s.Shape)) }

// Check reports what makes s impossible: a rank over MaxRank, a dimension below 1, more bytes than an int
// holds, or rows that do not divide into blocks.
func (s Spec) Check() error {
	if s.DType == Invalid || int(s.DType) >= len(dtypes) {
		return fmt.Errorf("dtype %v is not known", s.DType)
	}
	if len(s.Shape) == 0 || len(s.Shape) > MaxRank {
		return fmt.Errorf("shape %v has %d dimensions, expected 1 to %d", s.Shape, len(s.Shape), MaxRank)
	}
	n := 1
	for _, d := range s.Shape {
		if d < 1 || n > math.MaxInt/d/8 {
			return fmt.Errorf("shape %v is not a size", s.Shape)
		}
		n *= d
	}
	if b := s.DType.BlockValues(); s.Shape.Cols()%b != 0 {
		return fmt.Errorf("%v: rows of %d values do not divide into blocks of %d", s.DType, s.Shape.Cols(), b)
	}
	return nil
}

// Tensor is a value in memory. Data holds Spec.Size bytes and is aligned for float32.
type Tensor struct {
	Spec
	Data []byte
}

// Make returns a tensor of zeros.
func Make(s Spec) *Tensor {
	words := make([]uint64, (s.Size()+7)/8)
	return &Tensor{s, bytesOf(words)[:s.Size()]}
}

// FromFloats returns an F32 tensor that shares v.
func FromFloats(v []float32, shape ...int) *Tensor {
	return &Tensor{Of(F32, shape...), bytesOf(v)}
}

// FromInts returns an I32 tensor that shares v.
func FromInts(v []int32, shape ...int) *Tensor {
	return &Tensor{Of(I32, shape...), bytesOf(v)}
}

// Floats is a view of the values of an F32 tensor.
func (t *Tensor) Floats() []float32 { return view[float32](t, F32) }

// Ints is a view of the values of an I32 tensor.
func (t *Tensor) Ints() []int32 { return view[int32](t, I32) }

// Halves is a view of the bits of an F16 or BF16 tensor.
func (t *Tensor) Halves() []uint16 { return view[uint16](t, t.DType) }

// view reinterprets the bytes of t. Every host Graft runs on is little-endian, which TestLittleEndian holds.
func view[T float32 | int32 | uint16](t *Tensor, want DType) []T {
	if t.DType != want {
		panic(fmt.Sprintf("BUG: tensor: %v read as %v", t.DType, want))
	}
	if len(t.Data) == 0 {
		return nil
	}
	var z T
	return unsafe.Slice((*T)(unsafe.Pointer(&t.Data[0])), len(t.Data)/int(unsafe.Sizeof(z)))
}

func bytesOf[T float32 | int32 | uint64](v []T) []byte {
	if len(v) == 0 {
		return nil
	}
	var z T
	return unsafe.Slice((*byte)(unsafe.Pointer(&v[0])), len(v)*int(unsafe.Sizeof(z)))
}
