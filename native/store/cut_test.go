package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// errCut is what every step answers once the process is thought dead.
var errCut = errors.New("cut")

// cutDisk ends the process before its step number left: from there on nothing reaches the disk. Of a write that is
// cut, half is there.
type cutDisk struct {
	system
	left  int
	err   error    // of every step from the cut on; nil: errCut
	once  bool     // only the step at the cut fails
	steps []string // what was done
}

func (d *cutDisk) step(format string, a ...any) error {
	d.left--
	if d.left == -1 || d.left < -1 && !d.once {
		if d.err != nil {
			return d.err
		}
		return errCut
	}
	d.steps = append(d.steps, fmt.Sprintf(format, a...))
	return nil
}

func (d *cutDisk) mkdir(path string) error {
	if err := d.step("mkdir %s", filepath.Base(path)); err != nil {
		return err
	}
	return d.system.mkdir(path)
}

func (d *cutDisk) create(path string) (file, error) {
	if err := d.step("create %s", filepath.Base(path)); err != nil {
		return nil, err
	}
	f, err := d.system.create(path)
	return cutFile{f, d, filepath.Base(path)}, err
}

func (d *cutDisk) rename(from, to string) error {
	if err := d.step("rename %s %s", filepath.Base(from), filepath.Base(to)); err != nil {
		return err
	}
	return d.system.rename(from, to)
}

func (d *cutDisk) removeAll(path string) error {
	if _, err := os.Lstat(path); err != nil {
		return nil
	}
	if err := d.step("remove %s", filepath.Base(path)); err != nil {
		if entries, _ := os.ReadDir(path); len(entries) > 0 && err == errCut && d.left == -1 { // killed half way
			os.Remove(filepath.Join(path, entries[0].Name()))
		}
		return err
	}
	return d.system.removeAll(path)
}

func (d *cutDisk) sync(dir string) error {
	if err := d.step("sync %s", filepath.Base(dir)); err != nil {
		return err
	}
	return d.system.sync(dir)
}

type cutFile struct {
	file
	d    *cutDisk
	name string
}

func (f cutFile) Write(b []byte) (int, error) {
	if err := f.d.step("write %s", f.name); err != nil {
		n, _ := f.file.Write(b[:len(b)/2])
		return n, err
	}
	return f.file.Write(b)
}

func (f cutFile) Sync() error {
	if err := f.d.step("sync %s", f.name); err != nil {
		return err
	}
	return f.file.Sync()
}

// TestKilledAnywhere ends the process before each step of an operation, and opens the directory again.
func TestKilledAnywhere(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(d *Directory) error
		want []string // versions of checkpoint-2 that may be there after; "" is none
	}{
		{"new", func(d *Directory) error { return d.Put(context.Background(), "checkpoint-3", content("new")) }, []string{"old"}},
		{"again", func(d *Directory) error { return d.Put(context.Background(), "checkpoint-2", content("new")) }, []string{"old", "new"}},
		{"remove", func(d *Directory) error { return d.Remove("checkpoint-2") }, []string{"old", ""}},
	} {
		for n := 0; ; n++ {
			root := t.TempDir()
			d := open(t, root)
			for _, name := range []string{"checkpoint-1", "checkpoint-2"} {
				if err := d.Put(t.Context(), name, content("old")); err != nil {
					t.Fatal(err)
				}
			}
			cut := &cutDisk{left: n}
			d.disk = cut
			err := c.do(d)
			d.Close()

			d = open(t, root)
			for _, name := range list(t, d) {
				v, bad := versionOf(d, name)
				if bad != nil {
					t.Errorf("%s, cut before step %d: %s: %v", c.name, n, name, bad)
				}
				if name == "checkpoint-1" && v != "old" || name == "checkpoint-2" && !slices.Contains(c.want, v) || name == "checkpoint-3" && v != "new" {
					t.Errorf("%s, cut before step %d: %s is of version %q", c.name, n, name, v)
				}
			}
			if names := list(t, d); !slices.Contains(names, "checkpoint-1") || !slices.Contains(names, "checkpoint-2") && !slices.Contains(c.want, "") {
				t.Errorf("%s, cut before step %d: %q are left", c.name, n, names)
			}
			for _, name := range allNames(t, root) {
				if strings.HasPrefix(name, ".") && name != ".lock" {
					t.Errorf("%s, cut before step %d: %s is left over", c.name, n, name)
				}
			}
			d.Close()
			if err == nil {
				if n < 2 {
					t.Errorf("%s took %d steps", c.name, n)
				}
				break
			}
			if !errors.Is(err, errCut) {
				t.Fatalf("%s, cut before step %d: %v", c.name, n, err)
			}
		}
	}
}

// TestSyncedBeforeSeen: what a power cut can lose must be on the disk before a name makes it visible.
func TestSyncedBeforeSeen(t *testing.T) {
	d := open(t, t.TempDir())
	log := &cutDisk{left: 1 << 30}
	d.disk = log
	if err := d.Put(t.Context(), "checkpoint-1", content("x")); err != nil {
		t.Fatal(err)
	}
	at := func(step string) int {
		i := slices.Index(log.steps, step)
		if i < 0 {
			t.Fatalf("%q is not among the steps %q", step, log.steps)
		}
		return i
	}
	seen := at("rename .writing-checkpoint-1 checkpoint-1")
	for _, f := range content("x") {
		if at("sync "+f.Name) > seen || at("sync "+f.Name) < at("write "+f.Name) {
			t.Errorf("%s is not synced between being written and seen: %q", f.Name, log.steps)
		}
	}
	if at("sync .writing-checkpoint-1") > seen || at("sync "+filepath.Base(d.root)) < seen {
		t.Errorf("directories are synced out of order: %q", log.steps)
	}
}
