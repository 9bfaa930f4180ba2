// @ts-check
// engine.wasm: starts it beside its kernels and speaks its protocol, JSON in and JSON out through its memory.
//
// Neutral of the host: it runs in a Worker, in Node and in workerd. Calls are synchronous; so is reading files, which the host
// gives as a table of numbers. One call at a time; a generation is made of many (start, step, …, cancel), so that the
// host can stream and stop between tokens.

import { GraftError } from "./errors.mjs";
import { wasi } from "./wasi.mjs";

/** The version of the protocol that this file speaks. */
export const PROTOCOL = 1;

/**
 * @typedef {import("./source.mjs").Source} Source
 *
 * @typedef {object} Kernels an instance of kernels.wasm (kernels.mjs opens one)
 * @property {Record<string, WebAssembly.ImportValue>} imports its functions, as the engine calls them
 * @property {WebAssembly.Memory} memory
 *
 * @typedef {object} EngineOptions
 * @property {WebAssembly.Module} module engine.wasm
 * @property {Kernels} [kernels] without: Go's reference device, slow
 * @property {(line: string) => void} [log]
 * @property {(ms: number) => void} [sleep] blocks, where the host can
 */

export class Engine {
	/** @type {Map<number, Source>} */
	#files = new Map();
	#next = 0;
	/** @type {any} */
	#exports;
	#dead = "";

	/**
	 * start makes an instance and begins it. In workerd only within a request: Go asks for random values.
	 * @param {EngineOptions} options
	 * @returns {Promise<Engine>}
	 */
	static async start({ module, kernels, log, sleep }) {
		const e = new Engine(), system = wasi(module, { log, sleep });
		/** @type {WebAssembly.Memory} */
		let memory;
		const own = (/** @type {number} */ at, /** @type {number} */ n) => new Uint8Array(memory.buffer, at >>> 0, n >>> 0);
		const theirs = (/** @type {number} */ at, /** @type {number} */ n) => new Uint8Array(/** @type {Kernels} */ (kernels).memory.buffer, at >>> 0, n >>> 0);
		const read = (/** @type {number} */ file, /** @type {bigint} */ offset, /** @type {Uint8Array} */ into) => {
			try {
				return e.#files.get(file)?.read(Number(offset), into) ?? -1;
			} catch (problem) {
				log?.(`file ${file}: ${problem}`);
				return -1;
			}
		};
		const instance = await WebAssembly.instantiate(module, {
			wasi_snapshot_preview1: system.imports,
			host: {
				size: (/** @type {number} */ file) => BigInt(e.#files.get(file)?.size ?? -1),
				read: (/** @type {number} */ file, /** @type {bigint} */ offset, /** @type {number} */ at, /** @type {number} */ n) => read(file, offset, own(at, n)),
				load: (/** @type {number} */ file, /** @type {bigint} */ offset, /** @type {number} */ at, /** @type {number} */ n) => read(file, offset, theirs(at, n)),
				to_kernels: (/** @type {number} */ to, /** @type {number} */ from, /** @type {number} */ n) => theirs(to, n).set(own(from, n)),
				from_kernels: (/** @type {number} */ to, /** @type {number} */ from, /** @type {number} */ n) => own(to, n).set(theirs(from, n)),
			},
			kernels: kernels?.imports ?? {},
		});
		e.#exports = instance.exports;
		memory = e.#exports.memory;
		system.bind(memory);
		e.#guard(() => e.#exports._initialize());
		return e;
	}

	/**
	 * file gives a source a number, by which a request names it.
	 * @param {string} name
	 * @param {Source} source
	 */
	file(name, source) {
		const id = this.#next++;
		this.#files.set(id, source);
		return { name, id };
	}

	/** @param {Iterable<number>} ids of files that are not needed any more */
	forget(ids) {
		for (const id of ids) {
			this.#files.get(id)?.close();
			this.#files.delete(id);
		}
	}

	/** Bytes of the engine's own memory. */
	get bytes() {
		return this.#exports.memory.buffer.byteLength;
	}

	/** Why the instance cannot be called any more; "": it can. */
	get dead() {
		return this.#dead;
	}

	/**
	 * call asks by a method of the protocol.
	 * @param {string} method
	 * @param {object} [body]
	 * @returns {any} the method's part of the answer
	 * @throws {GraftError}
	 */
	call(method, body = {}) {
		const answer = this.send({ protocol: PROTOCOL, [method]: body });
		if (answer.error) throw new GraftError(answer.error.code, answer.error.message);
		return answer[method];
	}

	/**
	 * send passes a whole request on, and gives the whole answer, which may be an error.
	 * @param {object} request
	 * @returns {any}
	 */
	send(request) {
		if (this.#dead) throw new GraftError("crashed", this.#dead);
		const bytes = new TextEncoder().encode(JSON.stringify(request));
		return this.#guard(() => {
			const at = this.#exports.graft_alloc(bytes.length);
			if (at === 0) throw new GraftError("invalid_input", `the request is of ${bytes.length} bytes, more than the engine takes`);
			new Uint8Array(this.#exports.memory.buffer, at >>> 0, bytes.length).set(bytes);
			const answer = this.#exports.graft_call(at, bytes.length) >>> 0;
			const size = new DataView(this.#exports.memory.buffer).getUint32(answer, true);
			return JSON.parse(new TextDecoder().decode(new Uint8Array(this.#exports.memory.buffer, answer + 4, size)));
		});
	}

	/**
	 * @template T
	 * @param {() => T} work
	 * @returns {T}
	 */
	#guard(work) {
		try {
			return work();
		} catch (e) {
			if (e instanceof GraftError) throw e;
			this.#dead = `the engine stopped (${/** @type {any} */ (e)?.message ?? e}); it has to be started anew`;
			throw new GraftError("crashed", this.#dead, { cause: e });
		}
	}
}
