// Package weights finds tensors by name in the files models are shipped in, and writes such files.
//
// Whatever the file, a tensor is asked for by the name it has in a Hugging Face checkpoint:
// "model.layers.0.self_attn.q_proj.weight", of shape [out, in]. Open reads a model's directory (safetensors, one
// file or many shards, plain or quantised by bitsandbytes; or one GGUF file), OpenFile a single file. Quantized is
// a view that quantises while it reads. Nothing is read before it is asked for, except headers.
//
// Files come from strangers. Every count, length, offset and shape in a header is checked against the file's
// size before it is used, and what does not fit is an error that names the tensor.
package weights

import (
	"errors"
	"fmt"
	"io"
	"unsafe"

	"graft/shared/tensor"
)

// Source is a set of named tensors. Its methods may be called from several goroutines, but for Close.
type Source interface {
	// Spec is the type and shape of a tensor. Its DType is tensor.Invalid where the file holds a type or a shape
	// that Graft cannot: such a tensor is listed, and Read says what is wrong with it.
	Spec(name string) (tensor.Spec, bool)
	// Names lists the tensors in the order of the file, so that reading them in turn reads it once.
	Names() []string
	// Read fills dst, which has Spec.Size bytes, with the values in the Spec's type.
	Read(name string, dst []byte) error
	// Bytes is a view of what Read gives, valid until Close and not to be written to. It is false where the file
	// is not mapped into memory, or the values are not stored as Read gives them or not aligned for their type.
	Bytes(name string) ([]byte, bool)
	Close() error
}

// ErrNotFound says that a source has no tensor of the name.
var ErrNotFound = errors.New("no such tensor")

// Ranger is a Source that may read parts of a tensor. Range returns a function that reads len(dst) bytes from the
// byte at off of what Read gives; it is false where a part costs as much as the whole.
type Ranger interface {
	Range(name string) (read func(dst []byte, off int64) error, ok bool)
}

// Locator is a Source that knows where in files its tensors lie.
type Locator interface {
	// Locate lists what Read reads of files for a tensor, nil where that is not known. asIs tells that it is one part, whose
	// bytes are what Read gives.
	Locate(name string) (parts []Extent, asIs bool)
}

// Extent is a part of a file.
type Extent struct {
	File          File
	Offset, Bytes int64
}

// locate is Locate of a source that may be a Locator.
func locate(src Source, name string) ([]Extent, bool) {
	if l, ok := src.(Locator); ok {
		return l.Locate(name)
	}
	return nil, false
}

// ReadTensor reads a tensor into memory.
func ReadTensor(src Source, name string) (*tensor.Tensor, error) {
	s, ok := src.Spec(name)
	if !ok {
		return nil, fmt.Errorf("%s: %w", name, ErrNotFound)
	}
	if s.DType == tensor.Invalid {
		return nil, src.Read(name, nil)
	}
	t := tensor.Make(s)
	return t, src.Read(name, t.Data)
}

// checkSize is an error of the caller: Read with the wrong size of dst.
func checkSize(name string, s tensor.Spec, dst []byte) error {
	if len(dst) != s.Size() {
		return fmt.Errorf("%s: %v takes %d bytes, got room for %d", name, s, s.Size(), len(dst))
	}
	return nil
}

// readFull reads len(dst) bytes at off, of which the file's header says that they exist.
func readFull(f io.ReaderAt, dst []byte, off int64) error {
	n, err := f.ReadAt(dst, off)
	if n == len(dst) {
		return nil
	}
	if err == nil || err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("%d bytes at %d: %w", len(dst), off, err)
}

// rangeIn is Range of a tensor that is stored in f as Read gives it, from begin to end.
func rangeIn(f io.ReaderAt, name string, begin, end int64) func(dst []byte, off int64) error {
	return func(dst []byte, off int64) error {
		if off < 0 || off > end-begin || int64(len(dst)) > end-begin-off {
			return fmt.Errorf("%s: %d bytes at %d of %d", name, len(dst), off, end-begin)
		}
		if err := readFull(f, dst, begin+off); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return nil
	}
}

// view is part of a mapped file, where there is one and it is aligned for the numbers in d: files may put a tensor
// at any byte, kernels load whole numbers.
func view(mapped []byte, d tensor.DType, begin, end int64) ([]byte, bool) {
	if mapped == nil || begin >= end {
		return nil, false
	}
	b := mapped[begin:end:end]
	number := uintptr(2) // halves, also those in ggml's blocks
	switch d {
	case tensor.F32, tensor.I32, tensor.NF4:
		number = 4
	case tensor.U8:
		number = 1
	}
	return b, uintptr(unsafe.Pointer(&b[0]))%number == 0
}
