// Package web holds the studio's static files: its page, style and the module through which its Go program asks the browser.
// studio.wasm and wasm_exec.js are made by ./build.sh wasm and lie in wasm/dist.
package web

import (
	"embed"
	"io/fs"
)

//go:embed index.html *.mjs *.css *.svg *.webmanifest
var files embed.FS

// FS is the folder. It expects the runtime of wasm/js, engine.wasm and kernels_*.wasm beside it.
func FS() fs.FS { return files }
