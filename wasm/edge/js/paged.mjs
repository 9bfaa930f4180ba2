// @ts-check
// Paged files: the engine reads files at once, a Worker's storage answers later. So a file is held in pieces, a read of one
// that is not there fails and is remembered, the missing pieces are fetched, and the engine is asked again: its errors
// change nothing. Pieces that were read into the kernels' memory are dropped, so the weights are never held twice.

/**
 * @typedef {import("./source.mjs").Source} Source
 *
 * @typedef {object} ListedFile a file of the manifest
 * @property {string} name
 * @property {number} bytes
 * @property {string[]} pieces names of its pieces, each of `pieceBytes` but the last
 */

export class Paged {
	/** @type {Map<string, Uint8Array>} */
	#held = new Map();
	/** @type {Set<string>} */
	#missed = new Set();
	#pieceBytes;

	/** @param {number} pieceBytes */
	constructor(pieceBytes) {
		this.#pieceBytes = pieceBytes;
	}

	/** Bytes that are held. */
	get bytes() {
		let n = 0;
		for (const p of this.#held.values()) n += p.length;
		return n;
	}

	/** The pieces that reads have failed for since the last look. */
	takeMissed() {
		const names = [...this.#missed];
		this.#missed.clear();
		return names;
	}

	/**
	 * @param {string} name
	 * @param {Uint8Array} bytes
	 */
	hold(name, bytes) {
		this.#held.set(name, bytes);
	}

	/** @param {Set<string>} [kept] the pieces that are not dropped */
	drop(kept) {
		for (const name of this.#held.keys()) if (!kept?.has(name)) this.#held.delete(name);
	}

	/**
	 * @param {ListedFile} file
	 * @param {number} offset
	 * @param {number} bytes
	 */
	piecesOf(file, offset, bytes) {
		return file.pieces.slice(Math.floor(offset / this.#pieceBytes), Math.ceil((offset + bytes) / this.#pieceBytes));
	}

	/**
	 * @param {ListedFile} file
	 * @returns {Source}
	 */
	source(file) {
		return {
			size: file.bytes,
			read: (offset, into) => {
				const end = Math.min(offset + into.length, file.bytes);
				if (end <= offset) return 0;
				const names = this.piecesOf(file, offset, end - offset);
				const absent = names.filter((n) => !this.#held.has(n));
				if (absent.length > 0) {
					absent.forEach((n) => this.#missed.add(n));
					return -1;
				}
				const first = Math.floor(offset / this.#pieceBytes) * this.#pieceBytes;
				names.forEach((name, i) => {
					const at = first + i * this.#pieceBytes; // of the piece in the file
					const from = Math.max(offset, at), to = Math.min(end, at + this.#pieceBytes);
					into.set(/** @type {Uint8Array} */ (this.#held.get(name)).subarray(from - at, to - at), from - offset);
				});
				return end - offset;
			},
			close() {},
		};
	}
}
