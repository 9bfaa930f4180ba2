// @ts-check
// The origin private file system as a place for stored files. store.mjs tells what lies in the folder.

import { GraftError } from "./errors.mjs";
import { ofBlob, ofHandle } from "./source.mjs";

/**
 * @typedef {import("./store.mjs").Entry} Entry
 * @typedef {import("./store.mjs").Place} Place
 * @typedef {import("./store.mjs").Part} Part
 */

/** @implements {Place} */
export class Files {
	/** @type {"opfs"} */
	kind = "opfs";
	#folder;

	/** @param {FileSystemDirectoryHandle} folder */
	constructor(folder) {
		this.#folder = folder;
	}

	/** @param {string} sha256 */
	entry(sha256) {
		return this.#json(`${sha256}.json`);
	}

	async entries() {
		/** @type {Entry[]} */
		const all = [];
		for await (const name of /** @type {any} */ (this.#folder).keys()) {
			if (name.endsWith(".part")) {
				const key = name.slice(0, -".part".length), about = await this.#json(`${name}.json`);
				const file = await this.#file(name);
				all.push({ sha256: key, name: about?.name ?? "", url: about?.url ?? "", added: about?.added ?? "", size: file ? (await file.getFile()).size : 0, partial: true });
			} else if (name.endsWith(".json") && !name.endsWith(".part.json")) {
				const e = await this.#json(name);
				if (e) all.push(e);
			}
		}
		return all;
	}

	/** @param {string} sha256 */
	async open(sha256) {
		const file = await this.#file(sha256);
		if (!file) return undefined;
		try { // several tabs may read
			return ofHandle(await /** @type {any} */ (file).createSyncAccessHandle({ mode: "read-only" }));
		} catch { // a browser without modes, and another tab has it
			return ofBlob(await file.getFile());
		}
	}

	/** @param {string} sha256 */
	async remove(sha256) {
		for (const end of [".json", "", ".part.json", ".part"]) { // the entry first: without it the file is nobody's
			try {
				await this.#folder.removeEntry(sha256 + end);
			} catch (e) {
				const name = /** @type {any} */ (e)?.name;
				if (name === "NotFoundError") continue;
				if (name === "NoModificationAllowedError") throw new GraftError("mismatch", `${sha256}: is in use, here or in another tab; close the model there first`);
				throw e;
			}
		}
	}

	/** @param {string} key */
	async part(key) {
		const folder = this.#folder, name = `${key}.part`;
		const file = await folder.getFileHandle(name, { create: true });
		const handle = await file.createSyncAccessHandle();
		const write = (/** @type {string} */ to, /** @type {unknown} */ value) => this.#write(to, value);
		const about = await this.#json(`${name}.json`);
		return {
			size: handle.getSize(),
			tag: /** @type {any} */ (about)?.tag ?? "",
			/** @param {Uint8Array} bytes */
			write(bytes) {
				const n = handle.write(bytes, { at: this.size });
				this.size += n;
				if (n < bytes.length) throw new DOMException("the disk took a part of what was written", "QuotaExceededError");
			},
			/**
			 * @param {number} offset
			 * @param {Uint8Array} into
			 */
			read: (offset, into) => handle.read(into, { at: offset }),
			/** @param {string} tag */
			async reset(tag) {
				handle.truncate(0);
				this.size = 0;
				this.tag = tag;
				await write(`${name}.json`, { tag });
			},
			/** @param {Entry} entry */
			async finish(entry) {
				handle.flush();
				handle.close();
				await folder.removeEntry(entry.sha256).catch(() => {}); // of a page that died right here
				await /** @type {any} */ (file).move(folder, entry.sha256);
				await write(`${entry.sha256}.json`, entry);
				await folder.removeEntry(`${name}.json`).catch(() => {});
			},
			async leave() {
				handle.close(); // may be closed already; that is no error
			},
		};
	}

	/** @param {string} name */
	async #file(name) {
		return this.#folder.getFileHandle(name).catch(() => undefined);
	}

	/** @param {string} name */
	async #json(name) {
		const file = await this.#file(name);
		if (!file) return undefined;
		try {
			return JSON.parse(await (await file.getFile()).text());
		} catch { // half written: as if it were not there
			return undefined;
		}
	}

	/**
	 * @param {string} name
	 * @param {unknown} value
	 */
	async #write(name, value) {
		const file = await this.#folder.getFileHandle(name, { create: true });
		const handle = await file.createSyncAccessHandle();
		try {
			handle.truncate(0);
			handle.write(new TextEncoder().encode(JSON.stringify(value)), { at: 0 });
			handle.flush();
		} finally {
			handle.close();
		}
	}
}
