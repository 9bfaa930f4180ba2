package browser_test

import "graft/kernels/wasm"

// kernelFiles are the kernels as the page asks for them.
func kernelFiles() map[string][]byte {
	return map[string][]byte{
		"kernels_simd.wasm": wasm.SIMD, "kernels_relaxed.wasm": wasm.Relaxed,
		"kernels_simd_mt.wasm": wasm.SIMDThreads, "kernels_relaxed_mt.wasm": wasm.RelaxedThreads,
	}
}
