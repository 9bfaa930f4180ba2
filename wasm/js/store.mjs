// @ts-check
// Where models and adapters stay between visits: each file under its SHA-256 in the origin private file system.
//
//	models/<sha256>        a whole file, checked when it came
//	models/<sha256>.json   its Entry
//	models/<key>.part      a download that is not done; the key is the SHA-256 or, while nobody knows it, that of the URL
//	models/<key>.part.json the ETag of what it is a part of
//
// A file gets its name only after its bytes were checked, so a page that is closed, or a browser that dies, leaves a part to go
// on from and never half a file. One tab downloads a file at a time (Web Locks); others wait and find it there. Where a
// browser has no such file system (a private window of Firefox) the Cache API serves, else memory, and `note` says so.
//
// Only in a Worker: writing to a file and reading it at once are not to be had on the page's thread.

import { download } from "./download.mjs";
import { GraftError, aborted } from "./errors.mjs";
import { Cached, Memory } from "./memory.mjs";
import { Files } from "./opfs.mjs";
import { SHA256 } from "./sha256.mjs";
import { ofBlob } from "./source.mjs";

/**
 * @typedef {import("./source.mjs").Source} Source
 *
 * @typedef {object} FileSpec
 * @property {string} name as the engine knows it: "config.json"
 * @property {string} [url] where it is downloaded from
 * @property {Blob} [blob] or the file itself, which is not stored
 * @property {number} [size] bytes, if known
 * @property {string} [sha256] if known; files of the same one are stored once
 *
 * @typedef {object} Entry a stored file
 * @property {string} sha256
 * @property {string} name
 * @property {string} url
 * @property {number} size bytes
 * @property {string} added when it was, ISO 8601
 * @property {boolean} [partial] it is not whole yet
 *
 * @typedef {object} Progress
 * @property {"download"|"wait"|"check"} phase "wait": another tab downloads it
 * @property {string} name of the file
 * @property {number} done bytes
 * @property {number} total bytes; 0: not known
 *
 * @typedef {import("./download.mjs").Sink & {finish(entry: Entry): Promise<void>, leave(): Promise<void>}} Part a Sink that becomes an entry, or is left to go on from
 *
 * @typedef {object} Place where files are
 * @property {"opfs"|"cache"|"memory"} kind
 * @property {(sha256: string) => Promise<Entry|undefined>} entry
 * @property {() => Promise<Entry[]>} entries
 * @property {(sha256: string) => Promise<Source|undefined>} open
 * @property {(sha256: string) => Promise<void>} remove
 * @property {(key: string) => Promise<Part>} part
 *
 * @typedef {object} GetOptions
 * @property {AbortSignal} [signal]
 * @property {(p: Progress) => void} [onProgress]
 * @property {boolean} [check] hash the stored bytes even if there are many
 */

const FOLDER = "models";
const CHECKED = 16 << 20; // files up to so many bytes are hashed each time they are opened

export class Store {
	#place; // Place
	/** @type {Promise<unknown>} what is done one after the other where there are no Web Locks */
	#queue = Promise.resolve();

	/**
	 * @param {Place} place
	 * @param {string} note what a person should know of it; "": nothing
	 */
	constructor(place, note) {
		this.#place = place;
		this.note = note;
	}

	/** @returns {"opfs"|"cache"|"memory"} */
	get kind() {
		return this.#place.kind;
	}

	/**
	 * get opens a file, from here or, the first time and when what is here turns out to be spoiled, from its URL.
	 * @param {FileSpec} spec
	 * @param {GetOptions} [options]
	 * @returns {Promise<Source>}
	 */
	async get(spec, { signal, onProgress, check = false } = {}) {
		if (spec.blob) return ofBlob(spec.blob);
		if (!spec.url) throw new GraftError("invalid_input", `${spec.name}: has neither url nor blob`);
		const key = spec.sha256 ?? new SHA256().update(new TextEncoder().encode(spec.url)).hex();
		const own = async () => {
			const entry = await this.#find(spec);
			if (!entry) return undefined;
			const source = await this.#open(entry, check, onProgress);
			if (!source) await this.#place.remove(entry.sha256); // spoiled: as if it were not there
			return source;
		};
		const there = await own();
		if (there) return there;
		return this.#locked(key, signal, () => onProgress?.({ phase: "wait", name: spec.name, done: 0, total: spec.size ?? 0 }), async () => {
			const since = await own(); // another tab may have been faster
			if (since) return since;
			const entry = await this.#fetch({ ...spec, url: /** @type {string} */ (spec.url) }, key, signal, onProgress);
			const source = await this.#place.open(entry.sha256);
			if (!source) throw new GraftError("internal", `${spec.name}: was stored, but is not there`);
			return source;
		});
	}

	/** What is stored, also what is not whole. */
	async list() {
		return (await this.#place.entries()).sort((a, b) => a.name.localeCompare(b.name) || a.sha256.localeCompare(b.sha256));
	}

	/** @param {string} sha256 */
	async remove(sha256) {
		await this.#place.remove(sha256);
	}

	/** Bytes used by this origin, and how many it may use. Asks the browser to keep them when the disk gets full. */
	async usage() {
		const e = (await navigator.storage?.estimate?.()) ?? {};
		return { usage: e.usage ?? 0, quota: e.quota ?? 0, persisted: (await navigator.storage?.persisted?.()) ?? false };
	}

	/** @param {FileSpec} spec */
	async #find(spec) {
		if (spec.sha256) return this.#place.entry(spec.sha256);
		return (await this.#place.entries()).find((e) => !e.partial && e.url === spec.url);
	}

	/**
	 * @param {Entry} entry
	 * @param {boolean} check
	 * @param {GetOptions["onProgress"]} onProgress
	 * @returns {Promise<Source|undefined>} undefined: its bytes are not what they were
	 */
	async #open(entry, check, onProgress) {
		const source = await this.#place.open(entry.sha256);
		if (!source || source.size !== entry.size) {
			source?.close();
			return undefined;
		}
		if (!check && source.size > CHECKED) return source;
		const hash = new SHA256(), part = new Uint8Array(Math.min(source.size, 4 << 20));
		for (let at = 0; at < source.size;) {
			const n = source.read(at, part);
			if (n === 0) break;
			hash.update(part.subarray(0, n));
			at += n;
			if (check) onProgress?.({ phase: "check", name: entry.name, done: at, total: source.size });
		}
		if (hash.hex() === entry.sha256) return source;
		source.close();
		return undefined;
	}

	/**
	 * @param {FileSpec & {url: string}} spec
	 * @param {string} key
	 * @param {AbortSignal|undefined} signal
	 * @param {GetOptions["onProgress"]} onProgress
	 * @returns {Promise<Entry>}
	 */
	async #fetch(spec, key, signal, onProgress) {
		const sink = await this.#place.part(key);
		let last = 0, total = spec.size ?? 0;
		try {
			await this.#room(spec, sink.size);
			const sha256 = await download(spec, sink, {
				signal,
				onBytes: (done, of) => {
					total = of;
					if (performance.now() - last < 50 && done !== of) return;
					last = performance.now();
					onProgress?.({ phase: "download", name: spec.name, done, total: of });
				},
			});
			const entry = { sha256, name: spec.name, url: spec.url, size: sink.size, added: new Date().toISOString() };
			await sink.finish(entry);
			return entry;
		} catch (e) {
			await sink.leave();
			if (/** @type {any} */ (e)?.name === "QuotaExceededError") throw await this.#full(spec.name, total, sink.size);
			throw e;
		}
	}

	/**
	 * @param {FileSpec} spec
	 * @param {number} have bytes that are stored already
	 */
	async #room({ name, size = 0 }, have) {
		if (size <= have || this.kind === "memory") return;
		const { usage, quota } = await this.usage();
		if (quota > 0 && size - have > quota - usage) throw await this.#full(name, size, have);
		if (size > CHECKED) await navigator.storage?.persist?.().catch(() => false);
	}

	/**
	 * @param {string} name
	 * @param {number} size bytes; 0: not known
	 * @param {number} have
	 */
	async #full(name, size, have) {
		const { usage, quota } = await this.usage(), of = size > 0 ? ` of ${megabytes(size)}` : "";
		return new GraftError("no_space", `${name}: the browser stores no more than ${megabytes(have)}${of}; this site has ${megabytes(usage)} of ${megabytes(quota)}: ` +
			`delete stored models, or free space on the disk, and try again; the download goes on where it stopped`);
	}

	/**
	 * @template T
	 * @param {string} key
	 * @param {AbortSignal|undefined} signal
	 * @param {() => void} waiting is called if another has it
	 * @param {() => Promise<T>} work
	 * @returns {Promise<T>}
	 */
	async #locked(key, signal, waiting, work) {
		const name = `graft-model-${key}`;
		if (!navigator.locks) {
			const turn = this.#queue.then(work);
			this.#queue = turn.catch(() => {});
			return turn;
		}
		const first = await navigator.locks.request(name, { ifAvailable: true }, async (lock) => (lock ? { value: await work() } : undefined));
		if (first) return first.value;
		waiting();
		if (signal?.aborted) throw aborted(signal);
		return navigator.locks.request(name, { signal }, work);
	}
}

/** @param {number} n */
const megabytes = (n) => (n < 1e6 ? `${Math.ceil(n / 1e3)} kB` : `${(n / 1e6).toFixed(n < 1e7 ? 1 : 0)} MB`);

/**
 * openStore opens the best place there is.
 * @returns {Promise<Store>}
 */
export async function openStore() {
	try {
		const root = await navigator.storage.getDirectory();
		return new Store(new Files(await root.getDirectoryHandle(FOLDER, { create: true })), "");
	} catch (e) {
		const why = /** @type {any} */ (e)?.message ?? e;
		if (globalThis.caches) {
			try {
				return new Store(new Cached(await caches.open(`graft-${FOLDER}`)), `this browser gives no private file system (${why}); models are kept in its cache, which loads slower`);
			} catch {
				// a private window may refuse both
			}
		}
		return new Store(new Memory(), `this browser lets nothing be stored (${why}), as in a private window; models are downloaded again after a reload`);
	}
}
