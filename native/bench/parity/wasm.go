package parity

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/tetratelabs/wazero"

	"graft/kernels/wasm"
	"graft/native/sandbox"
	"graft/shared/api"
)

// enginePath is engine.wasm in a checkout, as ./build.sh wasm leaves it.
func enginePath(root string) (string, error) {
	path := filepath.Join(root, "wasm", "dist", "engine.wasm")
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return "", absent("wasm/dist/engine.wasm, which ./build.sh wasm makes,")
	}
	return path, nil
}

// cache keeps what wazero compiles, since that takes seconds.
var cache = sync.OnceValue(func() wazero.CompilationCache {
	if dir, err := os.UserCacheDir(); err == nil {
		if c, err := wazero.NewCompilationCacheWithDir(filepath.Join(dir, "graft", "wasm")); err == nil {
			return c
		}
	}
	return wazero.NewCompilationCache()
})

// Sandbox is the engine's module on wazero.
func Sandbox(ctx context.Context, root string) (Host, error) {
	path, err := enginePath(root)
	if err != nil {
		return nil, err
	}
	engine, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	s, err := sandbox.New(ctx, sandbox.Options{Engine: engine, Kernels: wasm.SIMD, Cache: cache(), Stderr: os.Stderr})
	if err != nil {
		return nil, err
	}
	return sandboxed{s}, nil
}

type sandboxed struct{ *sandbox.Sandbox }

func (s sandboxed) Directory(path string) ([]api.File, error) { return s.AddDirectory(path) }
