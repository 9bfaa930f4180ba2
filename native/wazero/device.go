// Package wazero is the CPU device of builds without cgo: the kernels of kernels/cpu, compiled to WebAssembly, on the
// wazero runtime, which turns them into machine code on amd64 and arm64 and interprets them elsewhere.
//
// The module's memory is apart from Go's, at most 4 GiB. With several threads it is shared, and each thread is a
// goroutine in an instance of its own. Machine code is kept in the user's cache folder, so that only the first start of
// a version compiles.
package wazero

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"graft/kernels/wasm"
	"graft/shared/device"
	"graft/shared/device/kernel"
)

// Options change a device. The zero value uses all cores.
type Options struct {
	Threads int // 0: one a core
	Pages   int // the most memory, in pages of 64 KB; 0: 65535, all but a page of 4 GiB
}

const mostPages = 65535

// module is kernels.wasm in a runtime of its own.
type module struct {
	*kernel.Module
	runtime wazero.Runtime
	helpers sync.WaitGroup
	failed  error // why a helper ended, if not because it was told to
	once    sync.Once
}

// Open starts a device.
func Open(o Options) (device.Device, error) {
	if o.Threads == 0 {
		o.Threads = runtime.GOMAXPROCS(0)
	}
	if o.Pages <= 0 || o.Pages > mostPages {
		o.Pages = mostPages
	}
	ctx := context.Background()
	config := wazero.NewRuntimeConfig().WithMemoryLimitPages(uint32(o.Pages)).WithCoreFeatures(api.CoreFeaturesV2 | experimental.CoreFeaturesThreads)
	if c := cache(); c != nil {
		config = config.WithCompilationCache(c)
	}
	m := &module{runtime: wazero.NewRuntimeWithConfig(ctx, config)}
	if err := m.start(ctx, o); err != nil {
		m.runtime.Close(ctx)
		return nil, fmt.Errorf("wazero: %w", err)
	}
	return kernel.New(m), nil
}

func (m *module) start(ctx context.Context, o Options) error {
	code := wasm.SIMD
	if o.Threads > 1 {
		code = wasm.SIMDThreads
		if _, err := m.runtime.InstantiateWithConfig(ctx, sharedMemory(o.Pages), wazero.NewModuleConfig().WithName("env")); err != nil {
			return err
		}
	}
	compiled, err := m.runtime.CompileModule(ctx, code)
	if err != nil {
		return err
	}
	unnamed := wazero.NewModuleConfig().WithName("")
	main, err := m.runtime.InstantiateModule(ctx, compiled, unnamed)
	if err != nil {
		return err
	}
	e := newInstance(main)
	if o.Threads > 1 {
		e.memory = m.runtime.Module("env").Memory()
	}
	if m.Module, err = kernel.OpenModule(e, "wazero", o.Threads); err != nil {
		return err
	}
	for _, h := range m.Helpers() {
		thread, err := m.runtime.InstantiateModule(ctx, compiled, unnamed)
		if err != nil {
			m.Close()
			return err
		}
		worker := thread.ExportedFunction("graft_worker")
		m.helpers.Go(func() {
			if _, err := worker.Call(ctx, uint64(h.Device), uint64(h.Index), uint64(h.Stack)); err != nil {
				m.once.Do(func() { m.failed = err })
			}
		})
	}
	return nil
}

// Close ends the helpers and the runtime.
func (m *module) Close() error {
	err := m.Stop()
	if err == nil {
		m.helpers.Wait()
		err = m.Module.Close()
	}
	if err == nil {
		err = m.failed
	}
	if e := m.runtime.Close(context.Background()); err == nil {
		err = e
	}
	return err
}

// sharedMemory is a module that has nothing but a shared memory, which it exports: a host cannot make one otherwise.
func sharedMemory(pages int) []byte {
	const first = 64 // what the kernels' module asks for is less
	b := []byte{0, 'a', 's', 'm', 1, 0, 0, 0}
	limits := append([]byte{1, 3}, append(number(min(first, pages)), number(pages)...)...)
	b = append(append(b, 5, byte(len(limits))), limits...)
	return append(b, 7, 10, 1, 6, 'm', 'e', 'm', 'o', 'r', 'y', 2, 0)
}

// number is an unsigned number as modules have it (LEB128).
func number(n int) (b []byte) {
	for ; n > 127; n >>= 7 {
		b = append(b, byte(n)|128)
	}
	return append(b, byte(n))
}

// caches is the compilation cache of the process: one, because devices of a process share what is compiled in memory,
// too.
var caches = sync.OnceValue(func() wazero.CompilationCache {
	dir, err := os.UserCacheDir()
	if err != nil {
		return wazero.NewCompilationCache()
	}
	c, err := wazero.NewCompilationCacheWithDir(filepath.Join(dir, "graft", "wazero"))
	if err != nil { // a home that cannot be written to: compile every time
		return wazero.NewCompilationCache()
	}
	return c
})

func cache() wazero.CompilationCache { return caches() }
