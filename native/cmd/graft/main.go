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

	"graft/native/cli"
	"graft/native/cpu"
	"graft/native/web"
	"graft/shared/device"
	"graft/wasm/js"
)

// version is set by build.sh.
var version = ""

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process at once
	host := cli.Host{
		Version:    versionOf(),
		OpenDevice: func(threads int) (device.Device, error) { return cpu.Open(cpu.Options{Threads: threads}) },
		Web:        web.Files{Folders: []fs.FS{js.Page(), js.Runtime()}},
		Stdin:      os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Getenv: os.Getenv,
	}
	os.Exit(host.Run(ctx, os.Args[1:]))
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
