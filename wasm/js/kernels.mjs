// @ts-check
// kernels.wasm: which build of it this host can run, and an instance with its memory and threads.
//
// There are four builds: plain SIMD or relaxed SIMD (fused products, faster where a browser has it), each for one thread with
// a memory of its own, or for several over a shared one. Results of one and several threads are the same to the bit.
//
// Neutral of the host: how a thread is started is the host's business.

import { GraftError } from "./errors.mjs";

/**
 * @typedef {"kernels_simd"|"kernels_relaxed"|"kernels_simd_mt"|"kernels_relaxed_mt"} Variant
 *
 * @typedef {object} Thread a thread of the host that has an instance of the module over the same memory
 * @property {(job: {device: number, index: number, stack: number, left: number}) => void} serve helps the device until it stops, then
 *   counts one up at `left`
 * @property {() => void} end
 *
 * @typedef {object} KernelOptions
 * @property {number} [threads] how many there should be; 0: one a core but one, at most 8
 * @property {number} [memoryLimit] bytes; 0: as many as WebAssembly has
 * @property {(variant: Variant) => Promise<WebAssembly.Module>} compile
 * @property {(module: WebAssembly.Module, memory: WebAssembly.Memory) => Promise<Thread>} [spawn] without it: one thread
 * @property {boolean} [relaxed] false: never relaxed SIMD
 */

const PAGE = 65536;
const INITIAL = 64; // pages of a shared memory at its beginning
const STACK = 256 << 10; // bytes of a helper's stack

// Modules of one function, valid where the host has the instructions: popcnt of i8x16, and relaxed_swizzle.
const HEAD = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10];
const SIMD = new Uint8Array([...HEAD, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11]);
const RELAXED = new Uint8Array([...HEAD, 15, 1, 13, 0, 65, 0, 253, 15, 65, 0, 253, 15, 253, 128, 2, 11]);

/** What this host has. Threads want SharedArrayBuffer, which browsers give to pages that are cross-origin isolated. */
export function features() {
	const isolated = /** @type {any} */ (globalThis).crossOriginIsolated !== false; // not there: no browser
	return {
		simd: WebAssembly.validate(SIMD),
		relaxed: WebAssembly.validate(RELAXED),
		threads: isolated && typeof SharedArrayBuffer === "function",
		cores: globalThis.navigator?.hardwareConcurrency ?? 1,
	};
}

/**
 * variantOf chooses the build.
 * @param {{simd: boolean, relaxed: boolean}} has
 * @param {boolean} many whether there are several threads
 * @returns {Variant}
 */
export function variantOf({ simd, relaxed }, many) {
	if (!simd) throw new GraftError("unsupported", "WebAssembly has no SIMD here; it is in Chrome and Edge from 91, Firefox from 89, Safari from 16.4: update the browser");
	return `kernels_${relaxed ? "relaxed" : "simd"}${many ? "_mt" : ""}`;
}

/** @param {KernelOptions} options */
export async function openKernels({ threads = 0, memoryLimit = 0, compile, spawn, relaxed }) {
	const has = features();
	if (relaxed === false) has.relaxed = false;
	const count = !has.threads || !spawn ? 1 : threads > 0 ? threads : Math.max(1, Math.min(8, has.cores - 1));
	const variant = variantOf(has, count > 1), module = await compile(variant);
	const shared = count > 1 ? sharedMemory(memoryLimit) : undefined;
	const { exports } = await WebAssembly.instantiate(module, shared ? { env: { memory: shared } } : {});
	const memory = shared ?? /** @type {WebAssembly.Memory} */ (exports.memory);
	const c = /** @type {Record<string, (...args: number[]) => number>} */ (/** @type {unknown} */ (exports));
	const helpers = shared && spawn ? await Promise.all(Array.from({ length: count - 1 }, () => spawn(module, shared))) : [];
	const left = helpers.length > 0 ? c.graft_alloc(64) : 0; // how many helpers have come back

	const imports = {
		...exports,
		/** @param {number} size */
		graft_alloc(size) {
			const at = c.graft_alloc(size);
			if (at !== 0 && memoryLimit > 0 && memory.buffer.byteLength > memoryLimit) {
				c.graft_free(at);
				return 0;
			}
			return at;
		},
		/** @type {(...args: number[]) => number} */
		graft_open(n, isa, out, message) {
			const code = c.graft_open(n, isa, out, message);
			if (code === 0 && helpers.length > 0) {
				const device = new DataView(memory.buffer).getUint32(out, true);
				new Int32Array(memory.buffer)[left >> 2] = 0;
				helpers.forEach((h, i) => h.serve({ device, index: i + 1, stack: (c.graft_alloc(STACK) >>> 0) + STACK, left }));
			}
			return code;
		},
		/** @param {number} device */
		graft_close(device) {
			if (helpers.length > 0) {
				c.graft_stop(device);
				const word = new Int32Array(memory.buffer, left, 1);
				for (let n = Atomics.load(word, 0); n < helpers.length; n = Atomics.load(word, 0)) {
					if (Atomics.wait(word, 0, n, 2000) === "timed-out") return 0; // a helper was ended: what it had is not freed
				}
			}
			return c.graft_close(device);
		},
	};
	return {
		variant,
		threads: count,
		memory,
		imports: /** @type {Record<string, WebAssembly.ImportValue>} */ (imports),
		close() {
			helpers.forEach((h) => h.end());
		},
	};
}

/**
 * @param {number} limit
 * @returns {WebAssembly.Memory}
 */
function sharedMemory(limit) {
	const most = limit > 0 ? Math.min(65536, Math.ceil(limit / PAGE)) : 65536;
	for (let maximum = most; ; maximum >>= 1) { // phones do not give the room for the largest
		try {
			return new WebAssembly.Memory({ initial: Math.min(INITIAL, maximum), maximum, shared: true });
		} catch (e) {
			if (maximum <= 4096) throw new GraftError("no_memory", `no shared memory of ${maximum * PAGE} bytes is to be had; close other tabs, or open with threads: 1`, { cause: e });
		}
	}
}
