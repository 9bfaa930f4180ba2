package device

import (
	"context"

	"graft/shared/graph"
	"graft/shared/tensor"
)

// Null returns a device that has every kernel and runs none: programs of any size are compiled and planned on
// it without memory for them.
func Null() Device { return null{} }

type null struct{}

func (null) Name() string                               { return "null" }
func (null) Close() error                               { return nil }
func (null) Supports(graph.Op, []tensor.Spec) bool      { return true }
func (null) Alloc(size int) (Buffer, error)             { return nullBuffer(size), nil }
func (null) Compile(*graph.Program) (Executable, error) { return nullExecutable{}, nil }

type nullBuffer int

func (b nullBuffer) Size() int                              { return int(b) }
func (b nullBuffer) ReadAt(p []byte, _ int64) (int, error)  { clear(p); return len(p), nil }
func (b nullBuffer) WriteAt(p []byte, _ int64) (int, error) { return len(p), nil }
func (b nullBuffer) Close() error                           { return nil }

type nullExecutable struct{}

func (nullExecutable) Bind(string, Buffer) error { return nil }
func (nullExecutable) Run(context.Context) error { return nil }
func (nullExecutable) Close() error              { return nil }
