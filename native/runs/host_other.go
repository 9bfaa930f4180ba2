//go:build !linux

package runs

// read: processor and memory are not known here.
func (h *Host) read() {}
