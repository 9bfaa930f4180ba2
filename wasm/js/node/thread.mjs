// One compute thread in Node: thread.mjs of the browser, with Node's messages.

import { parentPort, workerData } from "node:worker_threads";

const port = /** @type {import("node:worker_threads").MessagePort} */ (parentPort);
const { module, memory } = workerData;
const { graft_worker } = new WebAssembly.Instance(module, { env: { memory } }).exports;
port.on("message", ({ device, index, stack, left }) => {
	/** @type {Function} */ (graft_worker)(device, index, stack);
	const word = new Int32Array(memory.buffer, left, 1);
	Atomics.add(word, 0, 1);
	Atomics.notify(word, 0);
});
port.postMessage("ready");
