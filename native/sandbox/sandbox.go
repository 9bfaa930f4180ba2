// Package sandbox runs engine.wasm, the engine of the web and the edge, in this process: on wazero, within limits of memory and
// time, without a file system or a network. It is the local twin of an edge worker.
//
// The engine sees only the files it was given, by number. A request that runs out of its time, or an engine that ends by a
// trap, costs that engine and no more: the sandbox begins a new one, and what was open in the old one is to be opened again.
package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/tetratelabs/wazero"

	"graft/shared/api"
)

// Options are what an engine is made of and may use.
type Options struct {
	Engine  []byte // engine.wasm
	Kernels []byte // kernels.wasm of one thread
	// MemoryLimit is the most bytes of the engine's and the kernels' memory together; 0: what WebAssembly allows.
	MemoryLimit int64
	Timeout     time.Duration           // of one request; 0: none
	Cache       wazero.CompilationCache // nil: compiled anew
	Stderr      io.Writer               // what the engine says of itself; nil: nowhere
}

// Sandbox is a host of one engine. It is for one caller at a time.
type Sandbox struct {
	o        Options
	files    fileTable
	instance *instance // nil after a crash, until the next request
}

// New readies an engine.
func New(ctx context.Context, o Options) (*Sandbox, error) {
	if o.MemoryLimit < 0 {
		return nil, fmt.Errorf("sandbox: memory limit of %d bytes, expected 0 or more", o.MemoryLimit)
	}
	s := &Sandbox{o: o}
	return s, s.begin(ctx)
}

func (s *Sandbox) begin(ctx context.Context) (err error) {
	s.instance, err = newInstance(ctx, s.o, &s.files)
	return err
}

// Answer answers a request in JSON, with an error of api.Crashed or api.Cancelled where the engine came to its end.
func (s *Sandbox) Answer(ctx context.Context, request []byte) []byte {
	a, err := s.answer(ctx, request)
	if err != nil {
		a, _ = json.Marshal(api.Answer{Protocol: api.Protocol, Error: api.From(err)})
	}
	return a
}

func (s *Sandbox) answer(ctx context.Context, request []byte) ([]byte, error) {
	if s.instance == nil {
		if err := s.begin(ctx); err != nil {
			return nil, err
		}
	}
	if s.o.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, s.o.Timeout)
		defer cancel()
	}
	a, err := s.instance.call(ctx, request)
	if err == nil || errors.Is(err, errTooLarge) {
		return a, err
	}
	full := s.instance.budget.refused
	s.instance.close()
	s.instance = nil
	const again = "what was open in the engine has to be opened again"
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded) && s.o.Timeout > 0:
		return nil, api.Errorf(api.Cancelled, "the request took longer than %v; %s", s.o.Timeout, again)
	case ctx.Err() != nil:
		return nil, api.Errorf(api.Cancelled, "%w; %s", ctx.Err(), again)
	case full > 0:
		return nil, api.Errorf(api.NoMemory, "%d bytes of memory are needed, and %d are allowed; %s", full, s.o.MemoryLimit, again)
	}
	return nil, api.Errorf(api.Crashed, "the engine ended: %w; %s", err, again)
}

// Ask is Answer with values in place of JSON. An error of the answer is the error.
func (s *Sandbox) Ask(ctx context.Context, r api.Request) (*api.Answer, error) {
	r.Protocol = api.Protocol
	b, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	var a api.Answer
	if err := json.Unmarshal(s.Answer(ctx, b), &a); err != nil {
		return nil, fmt.Errorf("sandbox: answer: %w", err)
	}
	if a.Error != nil {
		return nil, a.Error
	}
	return &a, nil
}

// Used is how many bytes of memory the engine and its kernels have.
func (s *Sandbox) Used() int64 {
	if s.instance == nil {
		return 0
	}
	return s.instance.budget.used
}

// Close ends the engine and closes the files.
func (s *Sandbox) Close() error {
	if s.instance != nil {
		s.instance.close()
		s.instance = nil
	}
	return s.files.close()
}
