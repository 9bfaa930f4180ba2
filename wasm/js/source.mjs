// @ts-check
// Sources: files that the engine reads by ranges, at once and without a promise, so only in a Worker (or of bytes).

/**
 * @typedef {object} Source
 * @property {number} size bytes
 * @property {(offset: number, into: Uint8Array) => number} read fills `into` from `offset`; fewer bytes only at the end
 * @property {() => void} close
 */

/**
 * @param {Uint8Array} bytes
 * @returns {Source}
 */
export const ofBytes = (bytes) => ({
	size: bytes.length,
	read(offset, into) {
		const part = bytes.subarray(offset, offset + into.length);
		into.set(part);
		return part.length;
	},
	close() {},
});

/**
 * A file of the origin private file system. `read` copies straight into any memory, a shared one too.
 * @param {FileSystemSyncAccessHandle} handle
 * @returns {Source}
 */
export const ofHandle = (handle) => ({
	size: handle.getSize(),
	read: (offset, into) => handle.read(into, { at: offset }),
	close: () => handle.close(),
});

const SLICE = 8 << 20; // bytes of a Blob that are in memory at a time

/**
 * A file that a person chose from disk, or a stored answer.
 * @param {Blob} blob
 * @returns {Source}
 */
export const ofBlob = (blob) => ({
	size: blob.size,
	read(offset, into) {
		const reader = new FileReaderSync(), end = Math.min(blob.size, offset + into.length);
		for (let at = offset; at < end; at += SLICE) {
			const part = reader.readAsArrayBuffer(blob.slice(at, Math.min(at + SLICE, end)));
			into.set(new Uint8Array(part), at - offset);
		}
		return Math.max(0, end - offset);
	},
	close() {},
});
