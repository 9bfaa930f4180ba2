//go:build cgo

package cpu

import kernels "graft/kernels/cpu"

// region is memory that only grows, and keeps nothing when it does.
type region struct {
	kernels.Memory
}

// grow makes the region at least size bytes; used is told the change.
func (r *region) grow(size int, used func(bytes int)) error {
	if size <= r.Size && r.At != nil {
		return nil
	}
	m, err := allocate(size)
	if err != nil {
		return err
	}
	used(m.Size - r.Size)
	if err := r.free(); err != nil {
		return err
	}
	r.Memory = m
	return nil
}

func (r *region) free() error {
	if r.At == nil {
		return nil
	}
	err := release(r.Memory)
	r.Memory = kernels.Memory{}
	return err
}
