package device

import (
	"fmt"
	"io"
)

// hostBuffer is memory of the Go heap, or mapped by the host.
type hostBuffer struct{ data []byte }

var _ Buffer = (*hostBuffer)(nil)

func (b *hostBuffer) Size() int    { return len(b.data) }
func (b *hostBuffer) Close() error { b.data = nil; return nil }

func (b *hostBuffer) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off > int64(len(b.data)) {
		return 0, fmt.Errorf("device: read at %d of %d bytes", off, len(b.data))
	}
	n := copy(p, b.data[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (b *hostBuffer) WriteAt(p []byte, off int64) (int, error) {
	if off < 0 || off+int64(len(p)) > int64(len(b.data)) {
		return 0, fmt.Errorf("device: write of %d bytes at %d of %d", len(p), off, len(b.data))
	}
	return copy(b.data[off:], p), nil
}
