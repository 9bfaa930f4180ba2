package devicetest

import (
	"bytes"
	"context"
	"testing"

	"graft/shared/device"
	"graft/shared/graph"
	"graft/shared/op"
	"graft/shared/tensor"
)

// contract holds buffers and executables to what package device says of them.
func contract(t *testing.T, open Opener) {
	dev := opened(t, open)
	t.Run("buffer", func(t *testing.T) { buffers(t, dev) })
	t.Run("executable", func(t *testing.T) { executables(t, dev) })
}

func buffers(t *testing.T, dev device.Device) {
	b, err := dev.Alloc(1001)
	if err != nil {
		t.Fatalf("alloc: %v", err)
	}
	defer b.Close()
	if b.Size() != 1001 {
		t.Errorf("size is %d, expected 1001", b.Size())
	}
	got := bytes.Repeat([]byte{1}, 1001)
	if n, err := b.ReadAt(got, 0); n != 1001 || err != nil {
		t.Fatalf("read: %d bytes, %v", n, err)
	}
	if !bytes.Equal(got, make([]byte, 1001)) {
		t.Error("a new buffer has other bytes than zero")
	}
	if n, err := b.WriteAt([]byte("abc"), 998); n != 3 || err != nil {
		t.Errorf("write to the end: %d bytes, %v", n, err)
	}
	if n, err := b.ReadAt(got[:4], 997); n != 4 || err != nil || string(got[1:4]) != "abc" {
		t.Errorf("read back %d bytes %q, %v", n, got[:4], err)
	}
	for name, err := range map[string]error{
		"write past the end": second(b.WriteAt([]byte("abcd"), 998)),
		"write before 0":     second(b.WriteAt([]byte("a"), -1)),
		"read past the end":  second(b.ReadAt(make([]byte, 4), 998)),
		"read before 0":      second(b.ReadAt(make([]byte, 1), -1)),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	empty, err := dev.Alloc(0)
	if err != nil {
		t.Fatalf("alloc of nothing: %v", err)
	}
	if err := empty.Close(); err != nil {
		t.Errorf("close of nothing: %v", err)
	}
}

func second(_ int, err error) error { return err }

func executables(t *testing.T, dev device.Device) {
	g := graph.New()
	g.Output("y", op.Scale(g.Leaf(graph.Input, "x", tensor.F32, 10), 2))
	p, err := g.Compile(dev.Supports, graph.Options{})
	if err != nil {
		t.Skipf("%v", err)
	}
	e, err := dev.Compile(p)
	if err != nil {
		t.Fatalf("compile: %v", err)
	}
	defer e.Close()
	alloc := func(size int) device.Buffer {
		b, err := dev.Alloc(size)
		if err != nil {
			t.Fatalf("alloc: %v", err)
		}
		t.Cleanup(func() { b.Close() })
		return b
	}
	fails := func(what string, err error) {
		t.Helper()
		if err == nil {
			t.Errorf("%s: no error", what)
		}
	}
	fails("run with nothing bound", e.Run(t.Context()))
	fails("bind of a name the program lacks", e.Bind("z", alloc(40)))
	fails("bind of a buffer that is too small", e.Bind("x", alloc(39)))
	x, y := alloc(40), alloc(44)
	for name, b := range map[string]device.Buffer{"x": x, "y": y} {
		if err := e.Bind(name, b); err != nil {
			t.Fatalf("bind %s: %v", name, err)
		}
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	fails("run with a canceled context", e.Run(canceled))
	set := func(b device.Buffer, v float32) {
		if _, err := b.WriteAt(tensor.FromFloats([]float32{v}, 1).Data, 0); err != nil {
			t.Fatalf("write: %v", err)
		}
	}
	runs := func(what string, want float32) {
		t.Helper()
		if err := e.Run(t.Context()); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		got := tensor.Make(tensor.Of(tensor.F32, 1))
		if _, err := y.ReadAt(got.Data, 0); err != nil {
			t.Fatalf("read: %v", err)
		}
		if v := got.Floats()[0]; v != want {
			t.Errorf("%s: got %g, expected %g", what, v, want)
		}
	}
	set(x, 21)
	runs("run", 42)
	set(x, 4)
	runs("run with a new input", 8)
	other := alloc(40)
	set(other, 50)
	if err := e.Bind("x", other); err != nil {
		t.Fatalf("bind again: %v", err)
	}
	runs("run with other memory", 100)
}
