package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"graft/shared/train"
)

// content makes the files of a checkpoint whose every byte tells its version.
func content(version string) []train.File {
	var files []train.File
	for _, name := range []string{"adapter_model.safetensors", "optimizer.safetensors", "trainer_state.json"} {
		text := strings.Repeat(version+" "+name+"\n", 100)
		files = append(files, train.File{Name: name, Write: func(w io.Writer) error {
			_, err := io.WriteString(w, text)
			return err
		}})
	}
	return files
}

// versionOf is the version a checkpoint holds, an error where it is not whole.
func versionOf(d *Directory, name string) (string, error) {
	fsys, err := d.Open(name)
	if err != nil {
		return "", err
	}
	first, err := fs.ReadFile(fsys, "trainer_state.json")
	if err != nil {
		return "", err
	}
	version, _, _ := strings.Cut(string(first), " ")
	for _, f := range content(version) {
		var want strings.Builder
		if err := f.Write(&want); err != nil {
			return "", err
		}
		got, err := fs.ReadFile(fsys, f.Name)
		if err != nil {
			return "", err
		}
		if string(got) != want.String() {
			return "", fmt.Errorf("%s is not that of version %s", f.Name, version)
		}
	}
	return version, nil
}

func open(t *testing.T, root string) *Directory {
	t.Helper()
	d, err := Open(root)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func list(t *testing.T, d *Directory) []string {
	t.Helper()
	names, err := d.List()
	if err != nil {
		t.Fatal(err)
	}
	return slices.Sorted(slices.Values(names))
}

func TestPutOpenListRemove(t *testing.T) {
	d := open(t, filepath.Join(t.TempDir(), "a", "b"))
	for _, v := range []string{"one", "two"} { // the second time in place of the first
		if err := d.Put(t.Context(), "checkpoint-2", content(v)); err != nil {
			t.Fatal(err)
		}
		if got, err := versionOf(d, "checkpoint-2"); got != v || err != nil {
			t.Errorf("got version %q, error %v, expected %q", got, err, v)
		}
	}
	if err := d.Put(t.Context(), "checkpoint-10", content("three")); err != nil {
		t.Fatal(err)
	}
	if got := list(t, d); !slices.Equal(got, []string{"checkpoint-10", "checkpoint-2"}) {
		t.Errorf("listed %q", got)
	}
	if err := d.Remove("checkpoint-2"); err != nil {
		t.Fatal(err)
	}
	if got := list(t, d); !slices.Equal(got, []string{"checkpoint-10"}) {
		t.Errorf("after Remove listed %q", got)
	}
	if _, err := d.Open("checkpoint-2"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("opening what was removed: %v", err)
	}
	if err := d.Remove("checkpoint-2"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("removing what is not there: %v", err)
	}
	if names := allNames(t, d.root); !slices.Equal(names, []string{".lock", "checkpoint-10"}) {
		t.Errorf("the directory holds %q", names)
	}
}

func allNames(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestBadNames(t *testing.T) {
	d := open(t, t.TempDir())
	for _, name := range []string{"", ".", "..", "a/b", `a\b`, "../x", ".writing-x", "c:x"} {
		if err := d.Put(t.Context(), name, nil); err == nil {
			t.Errorf("a checkpoint named %q was written", name)
		}
		if _, err := d.Open(name); err == nil {
			t.Errorf("a checkpoint named %q was opened", name)
		}
		if err := d.Remove(name); err == nil {
			t.Errorf("a checkpoint named %q was removed", name)
		}
	}
	for _, name := range []string{"", "..", "a/b", `a\b`} {
		err := d.Put(t.Context(), "x", []train.File{{Name: name, Write: func(io.Writer) error { return nil }}})
		if err == nil || !strings.Contains(err.Error(), "cannot be the name of a file") {
			t.Errorf("file %q: %v", name, err)
		}
	}
}

func TestOneRunAtATime(t *testing.T) {
	root := t.TempDir()
	d := open(t, root)
	if _, err := Open(root); err == nil || !strings.Contains(err.Error(), "another run is writing here") {
		t.Errorf("opened twice: %v", err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if names := allNames(t, root); len(names) != 0 {
		t.Errorf("a closed directory holds %q", names)
	}
	open(t, root)
}

func TestDiskFull(t *testing.T) {
	d := open(t, t.TempDir())
	if err := d.Put(t.Context(), "checkpoint-1", content("old")); err != nil {
		t.Fatal(err)
	}
	for n := 0; ; n++ {
		d.disk = &cutDisk{left: n, err: syscall.ENOSPC, once: true}
		err := d.Put(t.Context(), "checkpoint-2", content("new"))
		if err == nil {
			break
		}
		d.disk = system{}
		if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "checkpoint-2 was not written, the disk is full; earlier checkpoints are whole: checkpoint-1") &&
			!strings.Contains(err.Error(), "checkpoint-1, checkpoint-2") { // only the last sync failed
			t.Errorf("step %d: %v", n, err)
		}
		if v, err := versionOf(d, "checkpoint-1"); v != "old" || err != nil {
			t.Errorf("step %d: checkpoint-1 is %q, %v", n, v, err)
		}
		if err := d.recover(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestDiskFullForReal(t *testing.T) {
	root := t.TempDir()
	mountSmall(t, root)
	d := open(t, root)
	if err := d.Put(t.Context(), "checkpoint-1", content("old")); err != nil {
		t.Fatal(err)
	}
	big := train.File{Name: "big", Write: func(w io.Writer) error {
		for range 64 {
			if _, err := w.Write(make([]byte, 1<<16)); err != nil {
				return err
			}
		}
		return nil
	}}
	err := d.Put(t.Context(), "checkpoint-2", append(content("new"), big))
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "the disk is full; earlier checkpoints are whole: checkpoint-1") {
		t.Errorf("a checkpoint over the disk's size: %v", err)
	}
	if v, err := versionOf(d, "checkpoint-1"); v != "old" || err != nil {
		t.Errorf("checkpoint-1 is %q, %v", v, err)
	}
	if err := d.Put(t.Context(), "checkpoint-2", content("new")); err != nil {
		t.Errorf("the space was not given back: %v", err)
	}
}

func TestCanceled(t *testing.T) {
	d := open(t, t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := d.Put(ctx, "checkpoint-1", content("x")); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if names := allNames(t, d.root); !slices.Equal(names, []string{".lock"}) {
		t.Errorf("the directory holds %q", names)
	}
}

// TestWriteFiles: whenever the marker is there, all files are of one version.
func TestWriteFiles(t *testing.T) {
	const marker = "trainer_state.json"
	for n := 0; ; n++ {
		d := open(t, t.TempDir())
		if err := d.WriteFiles(t.Context(), content("old"), marker); err != nil {
			t.Fatal(err)
		}
		d.disk = &cutDisk{left: n}
		err := d.WriteFiles(t.Context(), content("new"), marker)
		root := d.root
		d.Close()
		d = open(t, root)
		if _, there := os.Stat(filepath.Join(root, marker)); there == nil {
			parent := &Directory{filepath.Dir(root), system{}, nil}
			if v, bad := versionOf(parent, filepath.Base(root)); bad != nil {
				t.Errorf("cut before step %d: version %q, %v", n, v, bad)
			}
		}
		if _, bad := os.Stat(filepath.Join(root, written+"files")); bad == nil {
			t.Errorf("cut before step %d: a temporary directory is left", n)
		}
		d.Close()
		if err == nil {
			break
		}
	}
}

func TestWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out", "merged")
	if err := Write(t.Context(), path+"/", content("one")); err != nil {
		t.Fatal(err)
	}
	err := Write(t.Context(), path, content("two"))
	if err == nil || !strings.Contains(err.Error(), "the directory is not empty") {
		t.Errorf("a second time: %v", err)
	}
	parent := &Directory{filepath.Dir(path), system{}, nil}
	if v, err := versionOf(parent, "merged"); v != "one" || err != nil {
		t.Errorf("version %q, %v", v, err)
	}
	for n := range 3 {
		disk := &cutDisk{left: n + 2}
		if err := writeNew(t.Context(), disk, path+"2", content("x")); !errors.Is(err, errCut) {
			t.Errorf("cut before step %d: %v", n+2, err)
		}
		if _, err := os.Stat(path + "2"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("cut before step %d: %v", n+2, err)
		}
	}
}

func TestWriteFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out", "model.gguf")
	for _, text := range []string{"old", "new"} {
		if err := WriteFile(path, func(w io.Writer) error { _, err := io.WriteString(w, text); return err }); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); string(got) != text || err != nil {
			t.Errorf("got %q, %v, expected %q", got, err, text)
		}
	}
	for n := 0; ; n++ {
		err := writeOne(&cutDisk{left: n, err: syscall.ENOSPC, once: true}, path, func(w io.Writer) error { _, err := io.WriteString(w, "newer"); return err })
		if err == nil {
			break
		}
		got, bad := os.ReadFile(path)
		if !errors.Is(err, syscall.ENOSPC) || string(got) != "new" && string(got) != "newer" || bad != nil {
			t.Errorf("step %d: %v; the file is %q, %v", n, err, got, bad)
		}
		if names := allNames(t, filepath.Dir(path)); !slices.Equal(names, []string{"model.gguf"}) {
			t.Errorf("step %d: the directory holds %q", n, names)
		}
	}
}
