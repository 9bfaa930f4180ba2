//go:build wasip1

// Command engine is engine.wasm: the engine as a WASI reactor, the same file in a browser's Worker, in an edge worker and in a
// sandbox on this machine.
//
// It is a door (graft/shared/engine/door) whose files are the host's and whose device is the kernels' module beside it, which
// owns a memory of its own: weights go from the host into that memory, never through this one. A host calls
// _initialize once and then, for each request, graft_alloc and graft_call. Built by ./build.sh wasm.
package main

import (
	"context"
	"encoding/binary"
	"runtime"
	"runtime/debug"
	"unsafe"

	"graft/shared/api"
	"graft/shared/engine/door"
)

// version is set by build.sh.
var version = "unknown"

// collect is the garbage collector's percentage: this memory never shrinks, so that garbage is cheaper than growth.
const collect = 25

var (
	engine = door.New(door.Host{Version: version, Files: files{}, OpenDevice: openDevice, Memory: held})

	request []byte // between graft_alloc and graft_call
	answer  []byte // until the next graft_call
)

func init() { debug.SetGCPercent(collect) }

// main is not called: this is a reactor.
func main() {}

// alloc gives room for a request, 0 for one of a size that no request has.
//
//go:wasmexport graft_alloc
func alloc(n uint32) uint32 {
	if n == 0 || n > api.MaxRequest {
		return 0
	}
	request = make([]byte, n)
	return pointer(request)
}

// call answers the request that was written to where alloc said: the length of the answer in four bytes, then its JSON.
//
//go:wasmexport graft_call
func call(p, n uint32) uint32 {
	var r []byte
	if n > 0 && uint64(n) <= uint64(len(request)) && p == pointer(request) {
		r = request[:n]
	}
	request, answer = nil, nil
	a := engine.Answer(context.Background(), r)
	answer = binary.LittleEndian.AppendUint32(make([]byte, 0, 4+len(a)), uint32(len(a)))
	answer = append(answer, a...)
	return pointer(answer)
}

func pointer(b []byte) uint32 { return uint32(uintptr(unsafe.Pointer(unsafe.SliceData(b)))) }

// held is how much of its memory this module has taken.
func held() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.Sys)
}
