package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"

	"github.com/tetratelabs/wazero"
	wasm "github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"

	"graft/shared/api"
)

// instance is one engine with its kernels.
type instance struct {
	runtime wazero.Runtime
	engine  wasm.Module
	kernels wasm.Module // nil: the engine has none
	files   *fileTable
	budget  *budget
	ask     wasm.Function
	room    wasm.Function
}

// errTooLarge is of a request that the engine does not take.
var errTooLarge = fmt.Errorf("request is larger than %d bytes, or empty", api.MaxRequest)

// newInstance starts an engine.
func newInstance(ctx context.Context, o Options, files *fileTable) (*instance, error) {
	limit := o.MemoryLimit
	if limit == 0 {
		limit = mostMemory
	}
	i := &instance{files: files, budget: &budget{limit: limit}}
	c := wazero.NewRuntimeConfig().WithCloseOnContextDone(true).WithCoreFeatures(wasm.CoreFeaturesV2)
	if o.Cache != nil {
		c = c.WithCompilationCache(o.Cache)
	}
	ctx = experimental.WithCompilationWorkers(ctx, runtime.GOMAXPROCS(0))
	i.runtime = wazero.NewRuntimeWithConfig(ctx, c)
	if err := i.start(experimental.WithMemoryAllocator(ctx, i.budget), o); err != nil {
		i.close()
		if i.budget.refused > 0 {
			return nil, api.Errorf(api.NoMemory, "the engine needs %d bytes of memory to begin, and %d are allowed", i.budget.refused, limit)
		}
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	return i, nil
}

func (i *instance) start(ctx context.Context, o Options) (err error) {
	defer func() { // wazero has no error for a first memory that is refused
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	if _, err := wasi_snapshot_preview1.Instantiate(ctx, i.runtime); err != nil {
		return err
	}
	if o.Kernels != nil {
		if i.kernels, err = i.runtime.InstantiateWithConfig(ctx, o.Kernels, wazero.NewModuleConfig().WithName("kernels")); err != nil {
			return fmt.Errorf("kernels: %w", err)
		}
	}
	if err := i.host(ctx); err != nil {
		return err
	}
	out := o.Stderr
	if out == nil {
		out = io.Discard
	}
	config := wazero.NewModuleConfig().WithName("engine").WithStartFunctions("_initialize").WithStdout(out).WithStderr(out).
		WithSysNanotime().WithSysWalltime().WithSysNanosleep()
	if i.engine, err = i.runtime.InstantiateWithConfig(ctx, o.Engine, config); err != nil {
		return fmt.Errorf("engine: %w", err)
	}
	i.room, i.ask = i.engine.ExportedFunction("graft_alloc"), i.engine.ExportedFunction("graft_call")
	if i.room == nil || i.ask == nil {
		return errors.New("engine: it does not export graft_alloc and graft_call")
	}
	return nil
}

// host gives the engine the files, and a way to the kernels' memory. Addresses out of a memory are a trap of the engine: it ends.
func (i *instance) host(ctx context.Context) error {
	b := i.runtime.NewHostModuleBuilder("host")
	export := func(name string, f any) { b.NewFunctionBuilder().WithFunc(f).Export(name) }
	export("size", func(file int32) int64 { return i.files.size(file) })
	export("read", func(file int32, offset int64, to, n uint32) int32 {
		return i.files.read(file, view(i.engine, to, n), offset)
	})
	if i.kernels != nil {
		export("load", func(file int32, offset int64, to, n uint32) int32 {
			return i.files.read(file, view(i.kernels, to, n), offset)
		})
		export("to_kernels", func(to, from, n uint32) { copy(view(i.kernels, to, n), view(i.engine, from, n)) })
		export("from_kernels", func(to, from, n uint32) { copy(view(i.engine, to, n), view(i.kernels, from, n)) })
	}
	_, err := b.Instantiate(ctx)
	return err
}

func view(m wasm.Module, at, n uint32) []byte {
	b, ok := m.Memory().Read(at, n)
	if !ok {
		panic(fmt.Errorf("%d bytes at %d are not in the memory of %s", n, at, m.Name()))
	}
	return b
}

// call sends a request and returns the answer.
func (i *instance) call(ctx context.Context, request []byte) ([]byte, error) {
	if len(request) == 0 || len(request) > api.MaxRequest {
		return nil, errTooLarge
	}
	at, err := i.room.Call(ctx, uint64(len(request)))
	if err != nil {
		return nil, err
	}
	if at[0] == 0 || !i.engine.Memory().Write(uint32(at[0]), request) {
		return nil, errors.New("no room for the request")
	}
	at, err = i.ask.Call(ctx, at[0], uint64(len(request)))
	if err != nil {
		return nil, err
	}
	n, ok := i.engine.Memory().ReadUint32Le(uint32(at[0]))
	if !ok {
		return nil, errors.New("the answer is not in memory")
	}
	b, ok := i.engine.Memory().Read(uint32(at[0])+4, n)
	if !ok {
		return nil, errors.New("the answer is not in memory")
	}
	return append([]byte(nil), b...), nil
}

// close frees all of it.
func (i *instance) close() { i.runtime.Close(context.Background()) }
