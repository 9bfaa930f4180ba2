// Package js holds the modules around the Worker's Go program: entry.mjs and the keeper of the engine.
package js

import (
	"embed"
	"io/fs"
)

//go:embed *.mjs
var files embed.FS

// FS is the modules.
func FS() fs.FS { return files }
