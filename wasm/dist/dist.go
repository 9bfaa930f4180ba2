// Package dist is what ./build.sh wasm makes for hosts of WebAssembly: engine.wasm, and whatever of the web runtime is laid
// beside it. A program that is built without it first carries none, and can say so.
package dist

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
)

//go:embed all:*
var files embed.FS

// ErrMissing is the error of a program that was built without the files.
var ErrMissing = errors.New("this graft was built without the web runtime: build it with ./build.sh build")

// Engine is the name of the engine.
const Engine = "engine.wasm"

// FS is the folder.
func FS() fs.FS { return files }

// Read reads a file that has to be there.
func Read(fsys fs.FS, name string) ([]byte, error) {
	b, err := fs.ReadFile(fsys, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", name, ErrMissing)
	}
	return b, err
}
