package mmap

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"graft/shared/tensor"
	"graft/shared/weights"
)

func TestOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	want := []byte("some bytes in a file")
	if err := os.WriteFile(path, want, 0o644); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if f.Size() != int64(len(want)) {
		t.Errorf("size is %d, want %d", f.Size(), len(want))
	}
	if runtime.GOOS == "linux" && !bytes.Equal(f.Bytes(), want) {
		t.Errorf("bytes are %q, want %q", f.Bytes(), want)
	}
	part := make([]byte, 5)
	if n, err := f.ReadAt(part, 5); n != 5 || err != nil || string(part) != "bytes" {
		t.Errorf("read %q, %v", part[:n], err)
	}
	if n, err := f.ReadAt(part, int64(len(want)-2)); n != 2 || err != io.EOF {
		t.Errorf("at the end: %d bytes, %v", n, err)
	}
	if n, err := f.ReadAt(part, 100); n != 0 || err != io.EOF {
		t.Errorf("past the end: %d bytes, %v", n, err)
	}
	if _, err := f.ReadAt(part, -1); err == nil {
		t.Error("read before the beginning")
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	if _, err := Open(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	if _, err := Open(dir); err == nil {
		t.Error("a directory is opened")
	}
	for _, name := range []string{"../f", "/f", ""} {
		if _, err := FS(dir).Open(name); !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("%q: %v, want fs.ErrInvalid", name, err)
		}
	}
}

func TestEmptyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := f.ReadAt(make([]byte, 1), 0); f.Size() != 0 || n != 0 || err != io.EOF {
		t.Errorf("%d bytes of %d, %v", n, f.Size(), err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}

// A model's directory is opened through the mapping, and its tensors are views.
func TestFS(t *testing.T) {
	path := t.TempDir()
	var b bytes.Buffer
	items := []weights.Item{weights.ItemOf("w", tensor.FromFloats([]float32{1, 2, 3}, 3))}
	if err := weights.WriteSafetensors(&b, items, nil); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(path, "model.safetensors"), b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	src, err := weights.Open(FS(path))
	if err != nil {
		t.Fatal(err)
	}
	x, err := weights.ReadTensor(src, "w")
	if err != nil {
		t.Fatal(err)
	}
	view, ok := src.Bytes("w")
	if runtime.GOOS == "linux" && (!ok || !bytes.Equal(view, x.Data)) {
		t.Errorf("view is %v (%v), want %v", view, ok, x.Data)
	}
	if x.Floats()[2] != 3 {
		t.Errorf("values are %v", x.Floats())
	}
	if err := src.Close(); err != nil {
		t.Error(err)
	}
	entries, err := fs.ReadDir(FS(path), ".")
	if err != nil || len(entries) != 1 {
		t.Errorf("directory has %v, %v", entries, err)
	}
}
