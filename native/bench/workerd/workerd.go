// Package workerd starts Cloudflare's runtime on this machine, for tests and measurements.
package workerd

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// ErrAbsent is of a machine without workerd.
var ErrAbsent = errors.New("workerd, Cloudflare's runtime, is not installed: ./build.sh test does so where npm is")

// Find is the program: of the variable GRAFT_WORKERD, or where build.sh puts it in the checkout root.
func Find(root string) (string, error) {
	path, err := filepath.Abs(cmp.Or(os.Getenv("GRAFT_WORKERD"), filepath.Join(root, ".cache/workerd/node_modules/@cloudflare/workerd-linux-64/bin/workerd")))
	if err == nil {
		_, err = os.Stat(path)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return "", ErrAbsent
	}
	return path, err
}

// Worker is what is to run.
type Worker struct {
	Modules  []Module // the first is the entry
	Bindings []string // in capnp's form: (name = "KEY", text = "value")
	// Disks are folders that are services: a binding (name = "ASSETS", service = "…") reads their files.
	Disks map[string]string
}

// Module is one module of a Worker: text, or a file.
type Module struct {
	Name       string
	Text, Path string
}

// config is the Worker in capnp's form, as it lies in dir.
func (w *Worker) config(dir string) (string, error) {
	var modules []string
	for _, m := range w.Modules {
		if m.Path == "" {
			modules = append(modules, fmt.Sprintf("(name = %q, esModule = %q)", m.Name, m.Text))
			continue
		}
		abs, err := filepath.Abs(m.Path)
		if err == nil {
			abs, err = filepath.Rel(dir, abs)
		}
		if err != nil {
			return "", err
		}
		kind := map[string]string{".wasm": "wasm", ".bin": "data"}[filepath.Ext(m.Name)]
		modules = append(modules, fmt.Sprintf("(name = %q, %s = embed %q)", m.Name, cmp.Or(kind, "esModule"), filepath.ToSlash(abs)))
	}
	services := []string{`(name = "main", worker = .w)`}
	for name, path := range w.Disks {
		abs, err := filepath.Abs(path)
		if err != nil {
			return "", err
		}
		services = append(services, fmt.Sprintf("(name = %q, disk = %q)", name, abs))
	}
	return fmt.Sprintf(`using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (services = [%s], sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")]);
const w :Workerd.Worker = (compatibilityDate = "2025-11-01", modules = [%s], bindings = [%s]);
`, strings.Join(services, ", "), strings.Join(modules, ",\n"), strings.Join(w.Bindings, ", ")), nil
}

// Process is a Worker that runs.
type Process struct {
	URL string
	Pid int

	cmd  *exec.Cmd
	file string
	said bytes.Buffer
}

// Start runs a Worker and waits until it listens.
func Start(program string, w Worker) (*Process, error) {
	dir, err := os.MkdirTemp("", "graft-workerd-")
	if err != nil {
		return nil, err
	}
	p := &Process{file: filepath.Join(dir, "config.capnp")}
	text, err := w.config(dir)
	if err == nil {
		err = os.WriteFile(p.file, []byte(text), 0o666)
	}
	if err == nil {
		err = p.start(program)
	}
	if err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

func (p *Process) start(program string) error {
	events, control, err := os.Pipe()
	if err != nil {
		return err
	}
	defer events.Close()
	p.cmd = exec.Command(program, "serve", "--control-fd=3", p.file)
	p.cmd.ExtraFiles, p.cmd.Stdout, p.cmd.Stderr = []*os.File{control}, &p.said, &p.said
	err = p.cmd.Start()
	control.Close()
	if err != nil {
		p.cmd = nil
		return err
	}
	line, err := bufio.NewReader(events).ReadString('\n')
	var listening struct{ Port int }
	if err == nil {
		err = json.Unmarshal([]byte(line), &listening)
	}
	if err != nil {
		p.stop()
		return fmt.Errorf("workerd does not listen: %w\n%s", err, &p.said)
	}
	p.URL, p.Pid = fmt.Sprintf("http://127.0.0.1:%d", listening.Port), p.cmd.Process.Pid
	return nil
}

func (p *Process) stop() {
	if p.cmd != nil {
		p.cmd.Process.Kill()
		p.cmd.Wait() // killed: an error that is none
		p.cmd = nil
	}
}

// Close ends it.
func (p *Process) Close() error {
	p.stop()
	return os.RemoveAll(filepath.Dir(p.file))
}

// Said is what it has written to standard output and error. It is called after Close.
func (p *Process) Said() string { return p.said.String() }
