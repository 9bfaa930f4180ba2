// @ts-check
// One compute thread: an instance of the kernels over the shared memory, that helps a device until it stops.

/** @type {any} */
let exports;
/** @type {WebAssembly.Memory} */
let memory;

addEventListener("message", ({ data }) => {
	if (data.module) {
		memory = data.memory;
		exports = new WebAssembly.Instance(data.module, { env: { memory } }).exports;
		return postMessage("ready");
	}
	exports.graft_worker(data.device, data.index, data.stack);
	const word = new Int32Array(memory.buffer, data.left, 1);
	Atomics.add(word, 0, 1);
	Atomics.notify(word, 0);
});
