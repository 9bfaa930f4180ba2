// Package dist is what ./build.sh wasm makes for hosts of WebAssembly: engine.wasm, and whatever of the web runtime is laid
// beside it. A program that is built without it first carries none of it, and says so when it is asked for.
package dist

import (
	"embed"
	"io/fs"
)

//go:embed all:*
var files embed.FS

// FS is the folder.
func FS() fs.FS { return files }
