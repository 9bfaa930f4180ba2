//go:build cgo

package cpu

import (
	"fmt"
	"io"
	"unsafe"

	kernels "graft/kernels/cpu"
	"graft/shared/device"
	"graft/shared/tensor"
)

// buffer is memory of a device, or of the host, which is only read.
type buffer struct {
	d      *Device
	m      kernels.Memory
	host   bool
	packed *tensor.Spec   // how m lies if it is repacked, nil for rows
	copy   kernels.Memory // of m in the other layout, for programs that want it, if any
}

var _ device.Buffer = (*buffer)(nil)

// Alloc returns size bytes of zeros.
func (d *Device) Alloc(size int) (device.Buffer, error) {
	if size < 0 {
		return nil, fmt.Errorf("cpu: %d bytes", size)
	}
	m, err := allocate(max(size, 1))
	if err != nil {
		return nil, err
	}
	m.Size = size
	d.use(&d.usage.Buffers, size)
	return &buffer{d: d, m: m}, nil
}

// Map uses memory of the host in place if kernels can: 64-byte aligned. Other memory is copied.
func (d *Device) Map(data []byte) (device.Buffer, error) {
	at := unsafe.Pointer(unsafe.SliceData(data))
	if len(data) == 0 || uintptr(at)%64 != 0 || len(data)%64 != 0 {
		b, err := d.Alloc(len(data))
		if err == nil {
			_, err = b.WriteAt(data, 0)
		}
		return b, err
	}
	d.usage.Mapped += len(data)
	return &buffer{d: d, m: kernels.Memory{At: at, Size: len(data)}, host: true}, nil
}

func (b *buffer) Size() int { return b.m.Size }

// Close frees the memory.
func (b *buffer) Close() error {
	err := b.dropCopy()
	if b.m.At == nil {
		return err
	}
	if b.host {
		b.d.usage.Mapped -= b.m.Size
	} else {
		b.d.use(&b.d.usage.Buffers, -b.m.Size)
		m := b.m
		m.Size = max(m.Size, 1)
		if e := release(m); err == nil {
			err = e
		}
	}
	b.m = kernels.Memory{}
	return err
}

func (b *buffer) dropCopy() error {
	if b.copy.At == nil {
		return nil
	}
	b.d.use(&b.d.usage.Buffers, -b.copy.Size)
	m := b.copy
	b.copy = kernels.Memory{}
	return release(m)
}

// layout gives the memory in the layout a slot of that spec wants, repacking it if need be.
func (b *buffer) layout(s tensor.Spec, pack bool) (m kernels.Memory, packed bool, err error) {
	switch is := b.packed != nil; {
	case is == pack:
		return b.m, pack, nil
	case b.copy.At != nil:
		return b.copy, pack, nil
	case pack && !b.host: // in place
		if err := kernels.Pack(int(s.DType), s.Shape.Rows(), s.Shape.Cols(), b.m, b.m); err != nil {
			return kernels.Memory{}, false, err
		}
		b.packed = &tensor.Spec{DType: s.DType, Shape: s.Shape}
		return b.m, true, nil
	}
	if b.copy, err = allocate(max(b.m.Size, 1)); err != nil {
		return kernels.Memory{}, false, err
	}
	b.d.use(&b.d.usage.Buffers, b.copy.Size)
	repack := kernels.Unpack
	if pack {
		repack = kernels.Pack
	}
	return b.copy, pack, repack(int(s.DType), s.Shape.Rows(), s.Shape.Cols(), b.m, b.copy)
}

// rows brings repacked memory back into rows, for the host to read or write.
func (b *buffer) rows() error {
	if err := b.dropCopy(); err != nil || b.packed == nil {
		return err
	}
	s := b.packed
	b.packed = nil
	return kernels.Unpack(int(s.DType), s.Shape.Rows(), s.Shape.Cols(), b.m, b.m)
}

// pack undoes rows, so that programs that are bound stay right.
func (b *buffer) pack(s *tensor.Spec) error {
	if s == nil {
		return nil
	}
	b.packed = s
	return kernels.Pack(int(s.DType), s.Shape.Rows(), s.Shape.Cols(), b.m, b.m)
}

// ReadAt copies bytes to the host, in rows.
func (b *buffer) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 || off > int64(b.m.Size) {
		return 0, fmt.Errorf("cpu: read at %d of %d bytes", off, b.m.Size)
	}
	was := b.packed
	if err := b.rows(); err != nil {
		return 0, err
	}
	n = copy(p, b.m.Bytes()[off:])
	if err := b.pack(was); err != nil {
		return 0, err
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// WriteAt copies bytes from the host, in rows.
func (b *buffer) WriteAt(p []byte, off int64) (n int, err error) {
	if off < 0 || off+int64(len(p)) > int64(b.m.Size) {
		return 0, fmt.Errorf("cpu: write of %d bytes at %d of %d", len(p), off, b.m.Size)
	}
	if b.host {
		return 0, fmt.Errorf("cpu: write to mapped memory, which is only read")
	}
	was := b.packed
	if err := b.rows(); err != nil {
		return 0, err
	}
	n = copy(b.m.Bytes()[off:], p)
	return n, b.pack(was)
}
