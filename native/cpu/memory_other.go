//go:build cgo && !linux

package cpu

import (
	"fmt"

	kernels "graft/kernels/cpu"
)

// allocate returns zeroed memory. Its address is never nil, also for no bytes.
func allocate(size int) (kernels.Memory, error) {
	m := kernels.Alloc(size)
	if m.At == nil {
		return m, fmt.Errorf("cpu: no memory for %d bytes", size)
	}
	clear(m.Bytes())
	return m, nil
}

func release(m kernels.Memory) error {
	kernels.Free(m)
	return nil
}
