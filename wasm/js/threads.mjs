// @ts-check
// Compute threads of a browser: Workers within the engine's Worker.

import { GraftError } from "./errors.mjs";

/**
 * spawn starts a Worker with an instance of the kernels. It comes back when that is ready: a Worker begins only while the
 * one that started it lets go, which it does not once the engine computes.
 * @param {WebAssembly.Module} module
 * @param {WebAssembly.Memory} memory
 * @returns {Promise<import("./kernels.mjs").Thread>}
 */
export function spawn(module, memory) {
	return new Promise((resolve, reject) => {
		const worker = new Worker(new URL("./thread.mjs", import.meta.url), { type: "module", name: "graft thread" });
		worker.onerror = (e) => reject(new GraftError("internal", `a thread did not start: ${e.message ?? "thread.mjs could not be loaded"}; open with threads: 1`));
		worker.onmessage = () => resolve({ serve: (job) => worker.postMessage(job), end: () => worker.terminate() });
		worker.postMessage({ module, memory });
	});
}
