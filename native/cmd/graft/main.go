// Command graft fine-tunes language models and runs the adapters it makes. Package cli has the subcommands; this only
// joins them to the process.
package main

import (
	"context"
	"io/fs"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	studio "graft/frontend/web"
	kernels "graft/kernels/wasm"
	"graft/native/cli"
	"graft/native/cpu"
	"graft/native/edge"
	"graft/native/web"
	"graft/shared/device"
	"graft/wasm/dist"
	edgejs "graft/wasm/edge/js"
	"graft/wasm/js"
)

// version is set by build.sh.
var version = ""

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process at once
	os.Exit(newHost().Run(ctx, os.Args[1:]))
}

// newHost is this process, as the command line sees it.
func newHost() cli.Host {
	return cli.Host{
		Version:    versionOf(),
		OpenDevice: func(threads int) (device.Device, error) { return cpu.Open(cpu.Options{Threads: threads}) },
		Web:        page(js.Page()),
		Studio:     studioPage(),
		Stdin:      os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Getenv: os.Getenv,
		Edge:   edge.Runtime{Dist: dist.FS(), SIMD: kernels.SIMD, Relaxed: kernels.Relaxed, JS: js.Runtime(), Edge: edgejs.FS()},
	}
}

// page is a page's own files with the runtime beside them.
func page(own ...fs.FS) web.Files {
	return web.Files{Folders: append(own, js.Runtime()), Engine: dist.FS(), Data: map[string][]byte{
		"kernels_simd.wasm": kernels.SIMD, "kernels_relaxed.wasm": kernels.Relaxed,
		"kernels_simd_mt.wasm": kernels.SIMDThreads, "kernels_relaxed_mt.wasm": kernels.RelaxedThreads,
	}}
}

// studioPage is the studio, with the program that ./build.sh wasm makes.
func studioPage() web.Files {
	compiled, err := fs.Sub(dist.FS(), "studio")
	if err != nil {
		panic("BUG: " + err.Error()) // the name is a constant
	}
	files := page(studio.FS(), compiled)
	files.Needs = []string{"studio.wasm", "wasm_exec.js", "vugu.js"}
	return files
}

// versionOf is what go install knows where build.sh said nothing.
func versionOf() string {
	if version != "" {
		return version
	}
	if b, ok := debug.ReadBuildInfo(); ok && b.Main.Version != "" {
		return b.Main.Version
	}
	return "unknown"
}
