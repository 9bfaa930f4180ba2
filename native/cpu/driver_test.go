//go:build cgo

package cpu

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"graft/shared/device"
	"graft/shared/device/kernel"
	"graft/shared/graph"
	"graft/shared/op"
	"graft/shared/tensor"
)

// piped is a device whose kernels run in a process, kernels/cpu/ctest/driver.c, built in a way the go command cannot.
type piped struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	stderr *bytes.Buffer
	name   string
}

var _ device.Device = (*piped)(nil)

// buildDriver compiles kernels and driver with more flags, and keeps the program by the hash of the sources.
func buildDriver(t *testing.T, flags ...string) string {
	t.Helper()
	root := filepath.Join("..", "..")
	sources, err := filepath.Glob(filepath.Join(root, "kernels", "cpu", "*.c"))
	if err != nil || len(sources) == 0 {
		t.Fatalf("no kernels in %s: %v", root, err)
	}
	sources = append(sources, filepath.Join(root, "kernels", "cpu", "ctest", "driver.c"))
	headers, _ := filepath.Glob(filepath.Join(root, "kernels", "cpu", "*.h"))
	more, _ := filepath.Glob(filepath.Join(root, "kernels", "*", "*.h"))
	tests, _ := filepath.Glob(filepath.Join(root, "kernels", "cpu", "ctest", "*.h"))
	h := sha256.New()
	fmt.Fprintln(h, flags)
	for _, f := range append(append(append(headers, more...), tests...), sources...) {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		h.Write(b)
	}
	dir := filepath.Join(root, ".cache", "kernels")
	bin := filepath.Join(dir, fmt.Sprintf("driver-%x", h.Sum(nil)[:8]))
	if _, err := os.Stat(bin); err == nil {
		return bin
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	objects := t.TempDir()
	base := append([]string{"-std=c11", "-D_GNU_SOURCE", "-g1", "-Wall"}, flags...)
	var list []string
	var failed sync.Once
	var wait sync.WaitGroup
	slots := make(chan struct{}, runtime.NumCPU())
	for i, s := range sources {
		o := filepath.Join(objects, fmt.Sprintf("%d.o", i))
		list = append(list, o)
		wait.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			if out, err := exec.Command("gcc", append(base[:len(base):len(base)], "-c", s, "-o", o)...).CombinedOutput(); err != nil {
				failed.Do(func() { t.Errorf("gcc %s: %v\n%s", s, err, out) })
			}
		})
	}
	wait.Wait()
	if t.Failed() {
		t.FailNow()
	}
	made := filepath.Join(objects, "driver")
	if out, err := exec.Command("gcc", append(append(base, list...), "-o", made, "-lm", "-lpthread")...).CombinedOutput(); err != nil {
		t.Fatalf("gcc: %v\n%s", err, out)
	}
	if err := os.Rename(made, bin); err != nil { // another file system
		b, err := os.ReadFile(made)
		if err == nil {
			err = os.WriteFile(bin, b, 0o755)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return bin
}

// startDriver starts a device of a driver.
func startDriver(t *testing.T, bin string, threads int, isa string) device.Device {
	t.Helper()
	d := &piped{cmd: exec.Command(bin, fmt.Sprint(threads), isa), stderr: &bytes.Buffer{}, name: "driver " + isa}
	d.cmd.Stderr = d.stderr
	d.cmd.Env = append(os.Environ(), "GRAFT_ISA=", "UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1")
	var err error
	if d.in, err = d.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := d.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	d.out = bufio.NewReaderSize(out, 1<<20)
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return d
}

// ask sends a request and reads the code of the answer.
func (d *piped) ask(letter byte, data []byte, numbers ...int) error {
	b := []byte{letter}
	for _, n := range numbers {
		b = binary.LittleEndian.AppendUint64(b, uint64(n))
	}
	if _, err := d.in.Write(append(b, data...)); err != nil {
		return d.gone(err)
	}
	code, err := d.number()
	if err != nil || code == 0 {
		return err
	}
	n, err := d.number()
	if err != nil {
		return err
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(d.out, text); err != nil {
		return d.gone(err)
	}
	return errors.New(string(text))
}

func (d *piped) number() (int, error) {
	var b [8]byte
	if _, err := io.ReadFull(d.out, b[:]); err != nil {
		return 0, d.gone(err)
	}
	return int(binary.LittleEndian.Uint64(b[:])), nil
}

// gone says why the process ended.
func (d *piped) gone(err error) error {
	d.in.Close()
	d.cmd.Wait()
	return fmt.Errorf("the driver ended: %w\n%s", err, d.stderr)
}

func (d *piped) Name() string { return d.name }

func (d *piped) Close() error {
	d.in.Close()
	if err := d.cmd.Wait(); err != nil {
		return fmt.Errorf("the driver ended: %w\n%s", err, d.stderr)
	}
	return nil
}

type pipedBuffer struct {
	d        *piped
	id, size int
}

func (d *piped) Alloc(size int) (device.Buffer, error) {
	if err := d.ask('A', nil, size); err != nil {
		return nil, err
	}
	id, err := d.number()
	return &pipedBuffer{d, id, size}, err
}

func (b *pipedBuffer) Size() int    { return b.size }
func (b *pipedBuffer) Close() error { return b.d.ask('F', nil, b.id) }

func (b *pipedBuffer) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || int(off) > b.size {
		return 0, fmt.Errorf("read at %d of %d", off, b.size)
	}
	n := min(len(p), b.size-int(off))
	if err := b.d.ask('R', nil, b.id, int(off), n); err != nil {
		return 0, err
	}
	if _, err := io.ReadFull(b.d.out, p[:n]); err != nil {
		return 0, b.d.gone(err)
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (b *pipedBuffer) WriteAt(p []byte, off int64) (int, error) {
	if off < 0 || int(off)+len(p) > b.size {
		return 0, fmt.Errorf("write of %d at %d of %d", len(p), off, b.size)
	}
	return len(p), b.d.ask('W', p, b.id, int(off), len(p))
}

func (d *piped) Supports(o graph.Op, in []tensor.Spec) bool {
	command, values, ok := kernel.Record(o, in)
	if !ok {
		return false
	}
	err := d.ask('S', append(bytes.Clone(command), values...), len(command)+len(values))
	return err == nil
}

func (d *piped) Compile(p *graph.Program) (device.Executable, error) {
	b, err := p.Encode(op.Codes())
	if err != nil {
		return nil, err
	}
	if err := d.ask('L', b, len(b)); err != nil {
		return nil, err
	}
	id, err := d.number()
	return &pipedProgram{d, p, id}, err
}

type pipedProgram struct {
	d  *piped
	p  *graph.Program
	id int
}

func (e *pipedProgram) Close() error { return e.d.ask('U', nil, e.id) }

func (e *pipedProgram) Bind(name string, b device.Buffer) error {
	slot, err := device.FindSlot(e.p, name, b)
	if err != nil {
		return err
	}
	buf, ok := b.(*pipedBuffer)
	if !ok || buf.d != e.d {
		return errors.New("the buffer belongs to another device")
	}
	s, weight := e.p.Slots[slot], 0
	if s.Kind == graph.Weight {
		weight = 1
	}
	return e.d.ask('B', nil, e.id, slot, buf.id, weight, int(s.DType), s.Shape.Rows(), s.Shape.Cols())
}

func (e *pipedProgram) Run(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return e.d.ask('X', nil, e.id)
}

// hasHeader reports whether gcc finds a header.
func hasHeader(header string) bool {
	cmd := exec.Command("gcc", "-fsyntax-only", "-x", "c", "-")
	cmd.Stdin = strings.NewReader("#include <" + header + ">\n")
	return cmd.Run() == nil
}
