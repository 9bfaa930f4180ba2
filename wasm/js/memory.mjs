// @ts-check
// Places for stored files where the browser gives no file system: its cache, or memory.

import { ofBlob, ofBytes } from "./source.mjs";

/**
 * @typedef {import("./source.mjs").Source} Source
 * @typedef {import("./store.mjs").Entry} Entry
 * @typedef {import("./store.mjs").Place} Place
 * @typedef {import("./store.mjs").Part} Part
 */

/** Memory: files until the Worker ends. @implements {Place} */
export class Memory {
	/** @type {"cache"|"memory"} */
	kind;
	/** @type {Map<string, {entry: Entry, bytes: Uint8Array}>} */
	#files = new Map();
	/** @type {Map<string, {chunks: Uint8Array[], size: number, tag: string}>} */
	#parts = new Map();

	/** @param {"cache"|"memory"} [kind] */
	constructor(kind = "memory") {
		this.kind = kind;
	}

	/** @param {string} sha256 */
	async entry(sha256) {
		return this.#files.get(sha256)?.entry;
	}

	/** @returns {Promise<Entry[]>} */
	async entries() {
		return Array.from(this.#files.values(), (f) => f.entry);
	}

	/**
	 * @param {string} sha256
	 * @returns {Promise<Source|undefined>}
	 */
	async open(sha256) {
		const f = this.#files.get(sha256);
		return f && ofBytes(f.bytes);
	}

	/** @param {string} sha256 */
	async remove(sha256) {
		this.#files.delete(sha256);
		this.#parts.delete(sha256);
	}

	/**
	 * @param {Entry} entry
	 * @param {Uint8Array} bytes
	 */
	async keep(entry, bytes) {
		this.#files.set(entry.sha256, { entry, bytes });
	}

	/**
	 * @param {string} key
	 * @returns {Promise<Part>}
	 */
	async part(key) {
		const p = this.#parts.get(key) ?? { chunks: [], size: 0, tag: "" };
		this.#parts.set(key, p);
		const whole = () => {
			const all = new Uint8Array(p.size);
			p.chunks.reduce((at, c) => (all.set(c, at), at + c.length), 0);
			return all;
		};
		return {
			get size() {
				return p.size;
			},
			get tag() {
				return p.tag;
			},
			write(bytes) {
				p.chunks.push(bytes);
				p.size += bytes.length;
			},
			read: (offset, into) => {
				p.chunks = [whole()];
				return ofBytes(p.chunks[0]).read(offset, into);
			},
			reset(tag) {
				Object.assign(p, { chunks: [], size: 0, tag });
			},
			finish: async (entry) => {
				const all = whole();
				this.#parts.delete(key);
				await this.keep(entry, all);
			},
			async leave() {},
		};
	}
}

/** Cached: files as answers in the Cache API; parts in memory. @implements {Place} */
export class Cached extends Memory {
	/** @type {Cache} */
	#cache;

	/** @param {Cache} cache */
	constructor(cache) {
		super("cache");
		this.#cache = cache;
	}

	/** @param {string} sha256 */
	async entry(sha256) {
		const about = (await this.#cache.match(`/graft/${sha256}`))?.headers.get("X-Graft-Entry");
		return about ? JSON.parse(decodeURIComponent(about)) : undefined;
	}

	async entries() {
		const all = await Promise.all((await this.#cache.keys()).map((r) => this.entry(r.url.slice(-64))));
		return all.filter((e) => e !== undefined);
	}

	/** @param {string} sha256 */
	async open(sha256) {
		const answer = await this.#cache.match(`/graft/${sha256}`);
		return answer && ofBlob(await answer.blob());
	}

	/** @param {string} sha256 */
	async remove(sha256) {
		await super.remove(sha256);
		await this.#cache.delete(`/graft/${sha256}`);
	}

	/**
	 * @param {Entry} entry
	 * @param {Uint8Array} bytes
	 */
	async keep(entry, bytes) {
		await this.#cache.put(`/graft/${entry.sha256}`, new Response(/** @type {any} */ (bytes), { headers: { "X-Graft-Entry": encodeURIComponent(JSON.stringify(entry)) } }));
	}
}
