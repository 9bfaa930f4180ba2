//go:build cgo

package cpu

import (
	"strings"
	"testing"
)

// TestLoadRefuses gives Load what is not a program; package graph's tests and native/cpu's give it programs.
func TestLoadRefuses(t *testing.T) {
	d, err := Open(1, "generic")
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for _, c := range []struct {
		name    string
		program []byte
		says    string
	}{
		{"nothing", nil, "a program of 0 bytes has no header"},
		{"no bytes", []byte{}, "a program of 0 bytes has no header"},
		{"one byte", []byte("G"), "a program of 1 bytes has no header"},
		{"another format", make([]byte, 64), "not a program of version"},
	} {
		p, err := d.Load(c.program)
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: program %v, error %v, expected %q", c.name, p, err, c.says)
		}
	}
}
