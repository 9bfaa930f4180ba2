package wazero

import (
	"context"
	"fmt"

	"github.com/tetratelabs/wazero/api"

	"graft/shared/device/kernel"
)

// instance is the first instance of a module, the one that is called.
type instance struct {
	module    api.Module
	memory    api.Memory
	functions []api.Function
	stack     [8]uint64
}

var _ kernel.Exports = (*instance)(nil)

func newInstance(m api.Module) *instance {
	e := &instance{module: m, memory: m.Memory()}
	for _, f := range kernel.Functions() {
		e.functions = append(e.functions, m.ExportedFunction(f.String()))
	}
	return e
}

// Call calls a function. Cancel comes from another goroutine while Run runs, so it has a call stack of its own; it is a
// leaf that uses none of the module's.
func (e *instance) Call(f kernel.Function, args ...uint64) (uint32, error) {
	fn, stack := e.functions[f], e.stack[:]
	if f == kernel.Cancel {
		fn, stack = e.module.ExportedFunction(f.String()), make([]uint64, len(args))
	}
	copy(stack, args)
	if err := fn.CallWithStack(context.Background(), stack[:max(len(args), 1)]); err != nil {
		return 0, err
	}
	return uint32(stack[0]), nil
}

func (e *instance) Read(at uint32, p []byte) error {
	b, ok := e.memory.Read(at, uint32(len(p)))
	if !ok {
		return fmt.Errorf("wazero: read of %d bytes at %d of %d", len(p), at, e.memory.Size())
	}
	copy(p, b)
	return nil
}

func (e *instance) Write(at uint32, p []byte) error {
	if !e.memory.Write(at, p) {
		return fmt.Errorf("wazero: write of %d bytes at %d of %d", len(p), at, e.memory.Size())
	}
	return nil
}

func (e *instance) View(at uint32, size int) []byte {
	b, _ := e.memory.Read(at, uint32(size))
	return b
}
