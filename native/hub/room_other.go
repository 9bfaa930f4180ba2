//go:build !linux

package hub

// room does not know how much is free here; a full disk is told when it is full.
func room(string, int64) error { return nil }
