// Package js holds the browser's runtime, hand-written ES modules that are also the npm package graft-llm, and a first
// page that uses them. README.md beside this file tells how.
package js

import (
	"embed"
	"io/fs"
)

//go:embed *.mjs
var runtime embed.FS

//go:embed page
var page embed.FS

// Runtime is the modules: graft.mjs, worker.mjs and what they import, and the Service Worker sw.mjs.
func Runtime() fs.FS { return runtime }

// Page is the first page: index.html and its files. It expects the runtime, engine.wasm and kernels_*.wasm in the same folder.
func Page() fs.FS {
	sub, err := fs.Sub(page, "page")
	if err != nil {
		panic("BUG: " + err.Error()) // the directive above names it
	}
	return sub
}
