//go:build wasip1

package main

import (
	"errors"
	"fmt"
	"unsafe"
)

//go:wasmimport host size
func hostSize(file int32) int64

//go:wasmimport host read
func hostRead(file int32, offset int64, to unsafe.Pointer, n uint32) int32

// files are the host's.
type files struct{}

func (files) Size(id int32) int64 { return hostSize(id) }

// mostRead is the most bytes of one call to the host, so that what it keeps for it stays small.
const mostRead = 4 << 20

func (files) ReadAt(id int32, p []byte, off int64) (n int, err error) {
	for n < len(p) {
		part := p[n:min(n+mostRead, len(p))]
		got := hostRead(id, off+int64(n), unsafe.Pointer(unsafe.SliceData(part)), uint32(len(part)))
		if got < 0 || int(got) > len(part) {
			return n, fmt.Errorf("the host cannot read %d bytes at %d of its file %d", len(part), off+int64(n), id)
		}
		n += int(got)
		if int(got) < len(part) {
			return n, errors.New("the file ends early")
		}
	}
	return n, nil
}
