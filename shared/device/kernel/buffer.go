package kernel

import (
	"errors"
	"fmt"
	"io"

	"graft/shared/device"
	"graft/shared/tensor"
)

// buffer is memory of a device, or of the host, which is only read.
type buffer struct {
	d    *Device
	m    Memory
	host bool
	layouts
}

var _ device.Buffer = (*buffer)(nil)

// Alloc returns size bytes of zeros.
func (d *Device) Alloc(size int) (device.Buffer, error) {
	if size < 0 {
		return nil, fmt.Errorf("kernel: %d bytes", size)
	}
	m, err := d.k.Alloc(size)
	if err != nil {
		return nil, err
	}
	d.use(&d.usage.Buffers, size)
	return &buffer{d: d, m: m}, nil
}

// Map uses memory of the host in place if kernels can. Other memory is copied.
func (d *Device) Map(data []byte) (device.Buffer, error) {
	if k, can := d.k.(Mapper); can {
		if m, ok := k.Map(data); ok {
			d.usage.Mapped += len(data)
			return &buffer{d: d, m: m, host: true}, nil
		}
	}
	b, err := d.Alloc(len(data))
	if err == nil {
		_, err = b.WriteAt(data, 0)
	}
	return b, err
}

func (b *buffer) Size() int { return b.m.Size }

// Close frees the memory. Programs bound to it are not run again.
func (b *buffer) Close() error {
	if b.m.At == 0 {
		return nil
	}
	b.unbindAll()
	err := b.drop(&b.other)
	if b.host {
		b.d.usage.Mapped -= b.m.Size
		b.m = Memory{}
		return err
	}
	return errors.Join(err, b.drop(&b.m))
}

// drop frees memory of the device.
func (b *buffer) drop(m *Memory) error {
	if m.At == 0 {
		return nil
	}
	b.d.use(&b.d.usage.Buffers, -m.Size)
	free := *m
	*m = Memory{}
	return b.d.k.Free(free)
}

// ReadAt copies bytes to the host, in rows.
func (b *buffer) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 || off > int64(b.m.Size) {
		return 0, fmt.Errorf("kernel: read at %d of %d bytes", off, b.m.Size)
	}
	if err := b.unsettle(); err != nil {
		return 0, err
	}
	n = min(len(p), b.m.Size-int(off))
	if err := b.d.k.Read(b.m.From(int(off)), p[:n]); err != nil {
		return 0, err
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// WriteAt copies bytes from the host, in rows.
func (b *buffer) WriteAt(p []byte, off int64) (n int, err error) {
	if off < 0 || off > int64(b.m.Size) || len(p) > b.m.Size-int(off) {
		return 0, fmt.Errorf("kernel: write of %d bytes at %d of %d", len(p), off, b.m.Size)
	}
	if b.host {
		return 0, fmt.Errorf("kernel: write to mapped memory, which is only read")
	}
	if err := b.unsettle(); err != nil {
		return 0, err
	}
	if err := b.d.k.Write(b.m.From(int(off)), p); err != nil {
		return 0, err
	}
	return len(p), nil
}

// same reports whether two specs lay out the same.
func same(a, b tensor.Spec) bool {
	return a.DType == b.DType && a.Shape.Rows() == b.Shape.Rows() && a.Shape.Cols() == b.Shape.Cols()
}

// Fill has write put the first n bytes of a buffer, in rows, where the kernels have it, as a host can that reads files straight
// into their memory. ok is false for the buffers of other devices.
func Fill(b device.Buffer, n int, write func(m Memory) error) (ok bool, err error) {
	k, ok := b.(*buffer)
	if !ok {
		return false, nil
	}
	if n < 0 || n > k.m.Size || k.host {
		return true, fmt.Errorf("kernel: %d bytes into a buffer of %d", n, k.m.Size)
	}
	if err := k.unsettle(); err != nil {
		return true, err
	}
	return true, write(k.m)
}
