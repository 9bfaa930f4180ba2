package kernel

// region is memory that only grows, and keeps nothing when it does.
type region struct {
	Memory
}

// grow makes the region at least size bytes; used is told the change.
func (r *region) grow(k Kernels, size int, used func(bytes int)) error {
	if size <= r.Size && r.At != 0 {
		return nil
	}
	used(size - r.Size)
	if err := r.free(k); err != nil {
		return err
	}
	m, err := k.Alloc(size)
	if err != nil {
		used(-size)
		return err
	}
	r.Memory = m
	return nil
}

func (r *region) free(k Kernels) error {
	if r.At == 0 {
		return nil
	}
	m := r.Memory
	r.Memory = Memory{}
	return k.Free(m)
}
