// Package wasm holds the kernels of kernels/cpu as WebAssembly modules, for hosts that cannot link C: the browser, the edge,
// and builds of graft without cgo. build.sh makes them; shared/device/kernel makes a device of one.
//
// Each has a variable of its own, so that a program carries only those it names. "Relaxed" modules need relaxed SIMD,
// which browsers other than Safari have and wazero lacks. Those with threads import their memory, env.memory, which is
// shared; the others have their own.
package wasm

import _ "embed"

//go:embed kernels_simd.wasm
var SIMD []byte

//go:embed kernels_simd_mt.wasm
var SIMDThreads []byte

//go:embed kernels_relaxed.wasm
var Relaxed []byte

//go:embed kernels_relaxed_mt.wasm
var RelaxedThreads []byte
