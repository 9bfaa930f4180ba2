package parity

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"graft/shared/api"
)

// Node is the engine's module in V8, on that many threads, by the runtime of wasm/js.
func Node(ctx context.Context, root string, threads int) (Host, error) {
	engine, err := enginePath(root)
	if err != nil {
		return nil, err
	}
	node, err := exec.LookPath("node")
	if err != nil {
		return nil, absent("node")
	}
	return start(exec.CommandContext(ctx, node, filepath.Join(root, "wasm", "js", "node", "host.mjs"), engine, filepath.Join(root, "kernels", "wasm"), strconv.Itoa(threads)))
}

// process is a host in a process of its own, which reads a request a line and writes an answer a line.
type process struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
	numbers int32
}

func start(cmd *exec.Cmd) (Host, error) {
	p := &process{cmd: cmd}
	out, err := cmd.StdoutPipe()
	if err == nil {
		p.in, err = cmd.StdinPipe()
	}
	cmd.Stderr = os.Stderr
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewReaderSize(out, 1<<20)
	return p, nil
}

func (p *process) line(b []byte) ([]byte, error) {
	if _, err := p.in.Write(append(b, '\n')); err != nil {
		return nil, err
	}
	return p.out.ReadBytes('\n')
}

// Directory numbers the files of a directory and tells the process.
func (p *process) Directory(path string) ([]api.File, error) {
	var all []api.File
	paths := map[string]string{}
	for _, f := range listed(path) {
		abs, err := filepath.Abs(f)
		if err != nil {
			return nil, err
		}
		all = append(all, api.File{Name: filepath.Base(f), ID: p.numbers})
		paths[fmt.Sprint(p.numbers)] = abs
		p.numbers++
	}
	b, err := json.Marshal(map[string]any{"files": paths})
	if err == nil {
		_, err = p.in.Write(append(b, '\n'))
	}
	return all, err
}

func (p *process) Answer(_ context.Context, request []byte) []byte {
	b, err := p.line(request)
	if err != nil {
		b, _ = json.Marshal(api.Answer{Protocol: api.Protocol, Error: api.Errorf(api.Crashed, "the process: %w", err)})
	}
	return b
}

func (p *process) Close() error { return errors.Join(p.in.Close(), p.cmd.Wait()) }
