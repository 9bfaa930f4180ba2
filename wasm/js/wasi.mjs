// @ts-check
// The calls of wasi_snapshot_preview1 that a Go program needs to live: a clock, random values, standard error, sleep.
// There are no files, arguments or sockets; what is asked of them is refused by WASI's own error numbers.
//
// Neutral of the host: it runs in a Worker, in Node and in workerd. In workerd random values may only be asked for
// within a request, so a program must be started there, too.

const EBADF = 8; // errno of a file that is not open
const ENOSYS = 52; // errno of a call that is not there

/** A program under WASI ended itself. */
export class Exit extends Error {
	/** @param {number} code */
	constructor(code) {
		super(`the program ended itself with code ${code}`);
		this.name = "Exit";
		this.code = code;
	}
}

/**
 * @typedef {object} WasiOptions
 * @property {(line: string) => void} [log] takes each line that the program writes to standard output or error
 * @property {string[]} [env] environment, as "NAME=value"
 * @property {(ms: number) => void} [sleep] blocks for that long; without it a sleep returns at once, and is asked for again
 */

/**
 * wasi makes the imports of a module. `bind` must be given the module's memory before the first call.
 * @param {WebAssembly.Module} module
 * @param {WasiOptions} [options]
 */
export function wasi(module, { log = console.error, env = [], sleep } = {}) {
	/** @type {WebAssembly.Memory} */
	let memory;
	const view = () => new DataView(memory.buffer);
	const bytes = (/** @type {number} */ at, /** @type {number} */ n) => new Uint8Array(memory.buffer, at >>> 0, n >>> 0);
	const text = new TextDecoder();
	const variables = env.map((v) => new TextEncoder().encode(v + "\0"));
	let line = ""; // written, but not ended yet

	const clock = (/** @type {number} */ id) => (id === 0 ? Date.now() : performance.now());

	/** @type {Record<string, (...args: any[]) => number>} */
	const calls = {
		args_sizes_get(count, size) {
			view().setUint32(count, 0, true);
			view().setUint32(size, 0, true);
			return 0;
		},
		args_get: () => 0,
		environ_sizes_get(count, size) {
			view().setUint32(count, variables.length, true);
			view().setUint32(size, variables.reduce((n, v) => n + v.length, 0), true);
			return 0;
		},
		environ_get(pointers, at) {
			for (const [i, v] of variables.entries()) {
				view().setUint32(pointers + 4 * i, at, true);
				bytes(at, v.length).set(v);
				at += v.length;
			}
			return 0;
		},
		clock_time_get(id, _precision, at) {
			view().setBigUint64(at, BigInt(Math.round(clock(id) * 1e6)), true);
			return 0;
		},
		clock_res_get(_id, at) {
			view().setBigUint64(at, 1000000n, true);
			return 0;
		},
		random_get(at, n) {
			for (let done = 0; done < n; done += 65536) { // as many as getRandomValues gives at once
				const part = new Uint8Array(Math.min(65536, n - done)); // its own memory: a shared one is refused
				crypto.getRandomValues(part);
				bytes(at + done, part.length).set(part);
			}
			return 0;
		},
		fd_write(fd, vectors, count, written) {
			if (fd !== 1 && fd !== 2) return EBADF;
			let n = 0;
			for (let i = 0; i < count; i++) {
				const at = view().getUint32(vectors + 8 * i, true), size = view().getUint32(vectors + 8 * i + 4, true);
				line += text.decode(bytes(at, size).slice(), { stream: true });
				n += size;
			}
			const lines = line.split("\n");
			line = lines.pop() ?? "";
			lines.forEach((l) => log(l));
			view().setUint32(written, n, true);
			return 0;
		},
		// Go waits here when nothing can run: the first subscription is a clock, and its event is all it asks for.
		poll_oneoff(subscriptions, events, count, ready) {
			let until = Infinity, user = 0n;
			for (let i = 0; i < count; i++) {
				const at = subscriptions + 48 * i, v = view();
				if (v.getUint8(at + 8) !== 0) continue; // no clock
				const timeout = Number(v.getBigUint64(at + 24, true)) / 1e6;
				const absolute = (v.getUint16(at + 40, true) & 1) !== 0;
				const ms = absolute ? timeout - clock(v.getUint32(at + 16, true)) : timeout;
				if (ms < until) {
					until = ms;
					user = v.getBigUint64(at, true);
				}
			}
			if (until === Infinity) return ENOSYS;
			if (until > 0) sleep?.(until);
			const v = view();
			v.setBigUint64(events, user, true);
			v.setUint16(events + 8, 0, true);
			v.setUint8(events + 10, 0);
			v.setUint32(ready, 1, true);
			return 0;
		},
		sched_yield: () => 0,
		proc_exit(code) {
			throw new Exit(code);
		},
		// No file is open but the three of the standard, and none of them is a folder.
		fd_close: () => EBADF,
		fd_fdstat_get: () => EBADF,
		fd_fdstat_set_flags: () => EBADF,
		fd_prestat_get: () => EBADF,
		fd_prestat_dir_name: () => EBADF,
		fd_read: () => EBADF,
		fd_seek: () => EBADF,
	};

	/** @type {Record<string, WebAssembly.ImportValue>} */
	const imports = {};
	for (const { module: from, name } of WebAssembly.Module.imports(module)) {
		if (from === "wasi_snapshot_preview1") imports[name] = calls[name] ?? (() => ENOSYS);
	}
	return {
		imports,
		/** @param {WebAssembly.Memory} m */
		bind(m) {
			memory = m;
		},
	};
}
