package weights

import (
	"fmt"
	"io"

	"graft/shared/device"
	"graft/shared/quant"
	"graft/shared/tensor"
)

// Loader gives the weights of a source to device memory (device.Memory.Fetch), each in the type a program asks for: as
// stored, without a copy where device and file allow, or as float32.
func Loader(src Source, d device.Device) func(name string, want tensor.Spec) (device.Buffer, error) {
	return func(name string, want tensor.Spec) (device.Buffer, error) {
		have, ok := src.Spec(name)
		if !ok {
			return nil, fmt.Errorf("%s: %w", name, ErrNotFound)
		}
		if have.DType != tensor.Invalid && !have.Shape.Equal(want.Shape) {
			return nil, fmt.Errorf("%s: shape %v, expected %v", name, have.Shape, want.Shape)
		}
		if m, ok := d.(device.Mapper); ok && have.DType == want.DType {
			if b, ok := src.Bytes(name); ok {
				return m.Map(b)
			}
		}
		if have.DType == tensor.Invalid {
			return nil, src.Read(name, nil) // says why
		}
		b, err := d.Alloc(want.Size())
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if err := Fill(b, src, name, want.DType); err != nil {
			b.Close()
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		return b, nil
	}
}

// Filler is a File that can be read straight into the memory of a device.
type Filler interface {
	// Fill copies n bytes at off to the beginning of b. It is false for the buffers of other devices.
	Fill(b device.Buffer, off, n int64) (ok bool, err error)
}

// pieceValues is how many values pass through memory at a time on their way to a device: a few megabytes.
const pieceValues = 1 << 20

// Fill writes a tensor's values to a buffer as a type: straight from the file where it can, else in pieces where the source has
// ranges, else whole.
func Fill(b device.Buffer, src Source, name string, to tensor.DType) error {
	s, _ := src.Spec(name)
	if parts, asIs := locate(src, name); asIs && s.DType == to {
		if f, ok := parts[0].File.(Filler); ok {
			if ok, err := f.Fill(b, parts[0].Offset, parts[0].Bytes); ok || err != nil {
				return err
			}
		}
	}
	_, mapped := src.Bytes(name)
	if r, ok := src.(Ranger); ok && !mapped {
		if read, ok := r.Range(name); ok {
			return fillPieces(b, read, s, to)
		}
	}
	t, err := ReadTensor(src, name)
	if err == nil && t.DType != to {
		t, err = convert(t, to)
	}
	if err == nil {
		_, err = b.WriteAt(t.Data, 0)
	}
	return err
}

func fillPieces(b device.Buffer, read func(dst []byte, off int64) error, s tensor.Spec, to tensor.DType) error {
	total := s.Shape.Len()
	raw := make([]byte, s.DType.Size(min(total, pieceValues)))
	for at := 0; at < total; at += pieceValues { // a whole number of blocks of any type
		n := min(total-at, pieceValues)
		t := &tensor.Tensor{Spec: tensor.Of(s.DType, n), Data: raw[:s.DType.Size(n)]}
		err := read(t.Data, int64(s.DType.Size(at)))
		if err == nil && s.DType != to {
			t, err = convert(t, to)
		}
		if err == nil {
			_, err = b.WriteAt(t.Data, int64(to.Size(at)))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Floats reads a tensor as float32 values.
func Floats(src Source, name string) (*tensor.Tensor, error) {
	t, err := ReadTensor(src, name)
	if err != nil || t.DType == tensor.F32 {
		return t, err
	}
	return convert(t, tensor.F32)
}

func convert(t *tensor.Tensor, to tensor.DType) (*tensor.Tensor, error) {
	if !t.DType.IsFloat() {
		return nil, fmt.Errorf("dtype %v, expected %v", t.DType, to)
	}
	if w := quant.Widened(t.DType); w != t.DType && w == to {
		return widen(t, to), nil
	}
	f := t
	if t.DType != tensor.F32 {
		f = tensor.Make(tensor.Of(tensor.F32, t.Shape...))
		quant.Decode(t.DType, f.Floats(), t.Data)
	}
	if to == tensor.F32 {
		return f, nil
	}
	out := tensor.Make(tensor.Of(to, t.Shape...))
	return out, quant.Encode(to, out.Data, f.Floats())
}

// widen is quant.Widen on all cores.
func widen(t *tensor.Tensor, to tensor.DType) *tensor.Tensor {
	out := tensor.Make(tensor.Of(to, t.Shape...))
	chunk := chunkValues // a whole number of blocks of either
	n := t.Shape.Len()
	inParallel((n+chunk-1)/chunk, func() func(int) error {
		return func(i int) error {
			from, end := i*chunk, min((i+1)*chunk, n)
			quant.Widen(t.DType, out.Data[to.Size(from):to.Size(end)], t.Data[t.DType.Size(from):t.DType.Size(end)])
			return nil
		}
	})
	return out
}

// Storage tells models in which type programs hold the weights of a source (nn.Scope.DType): matrices as stored,
// or as quant.Widened where kernels have no product with that; vectors as float32, which costs nothing and spares
// kernels variants.
func Storage(src Source) func(name string, shape tensor.Shape) tensor.DType {
	return func(name string, shape tensor.Shape) tensor.DType {
		if s, ok := src.Spec(name); ok && len(shape) > 1 && s.DType.IsFloat() {
			return quant.Widened(s.DType)
		}
		return tensor.F32
	}
}

// WriteAs writes the values of t in another type.
func WriteAs(w io.Writer, t *tensor.Tensor, to tensor.DType) error {
	if t.DType != to {
		var err error
		if t, err = convert(t, to); err != nil {
			return err
		}
	}
	_, err := w.Write(t.Data)
	return err
}
