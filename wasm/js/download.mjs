// @ts-check
// A download that goes on where it was cut: from a URL into a sink, by HTTP ranges, hashed on the way.

import { GraftError, aborted } from "./errors.mjs";
import { SHA256 } from "./sha256.mjs";

/**
 * @typedef {object} Sink where the bytes go
 * @property {number} size bytes that it has
 * @property {string} tag the ETag of what its bytes were a part of; "": not known
 * @property {(bytes: Uint8Array) => void} write appends
 * @property {(offset: number, into: Uint8Array) => number} read
 * @property {(tag: string) => void | Promise<void>} reset empties it, for what has this ETag
 *
 * @typedef {object} Wanted
 * @property {string} url
 * @property {string} name for messages
 * @property {number} [size] bytes, if known
 * @property {string} [sha256] as 64 hexadecimal digits, if known
 *
 * @typedef {object} DownloadOptions
 * @property {AbortSignal} [signal]
 * @property {(done: number, total: number) => void} [onBytes] total is 0 while it is not known
 * @property {number} [stall] milliseconds without a byte, after which a connection is given up
 */

const ATTEMPTS = 5; // in a row that brought nothing
const PAUSE = 250; // ms before the second of them; doubled for each further one

/**
 * download fills the sink with the whole file and returns its SHA-256. What is in the sink already is not asked for
 * again, if it is of the same file.
 * @param {Wanted} want
 * @param {Sink} sink
 * @param {DownloadOptions} [options]
 * @returns {Promise<string>}
 */
export async function download(want, sink, { signal, onBytes, stall = 30_000 } = {}) {
	if (sink.size > 0 && !want.sha256 && !sink.tag) await sink.reset(""); // of what, nobody could tell
	let hash = rehash(sink), resumed = sink.size > 0, idle = 0;
	const restart = async (/** @type {string} */ tag) => {
		await sink.reset(tag);
		hash = new SHA256();
		resumed = false;
	};
	for (;;) {
		const before = sink.size;
		try {
			if (!(want.size && sink.size === want.size)) await attempt(want, sink, restart, (b) => hash.update(b), { signal, onBytes, stall });
			const got = hash.hex();
			if (!want.sha256 || got === want.sha256) return got;
			if (!resumed) throw new GraftError("mismatch", `${want.name}: what ${want.url} gives has the SHA-256 ${got}, expected ${want.sha256}`);
			await restart(""); // the part of an earlier time was of something else
		} catch (e) {
			if (signal?.aborted) throw aborted(signal);
			if (e instanceof GraftError) throw e;
			if (/** @type {any} */ (e)?.name === "QuotaExceededError") throw e;
			idle = sink.size > before ? 0 : idle + 1;
			if (idle >= ATTEMPTS) {
				const of = want.size ? ` of ${want.size}` : "";
				throw new GraftError("not_found", `${want.name}: the download stopped at byte ${sink.size}${of} (${/** @type {any} */ (e)?.message}); ask again to go on from there`, { cause: e });
			}
			if (idle > 0) await sleep(PAUSE * 2 ** (idle - 1), signal);
		}
	}
}

/**
 * One request, from where the sink ends.
 * @param {Wanted} want
 * @param {Sink} sink
 * @param {(tag: string) => Promise<void>} restart
 * @param {(bytes: Uint8Array) => void} hash
 * @param {DownloadOptions & {stall: number}} options
 */
async function attempt(want, sink, restart, hash, { signal, onBytes, stall }) {
	const control = new AbortController(), stop = () => control.abort(signal && aborted(signal));
	let timer = setTimeout(() => control.abort(new Error(`nothing came for ${stall / 1000} s`)), stall);
	signal?.addEventListener("abort", stop);
	if (signal?.aborted) stop();
	try {
		const headers = sink.size > 0 ? { Range: `bytes=${sink.size}-` } : undefined;
		const answer = await fetch(want.url, { headers, signal: control.signal, cache: "no-store", credentials: "same-origin" });
		const tag = answer.headers.get("ETag") ?? "";
		if (answer.status === 416) { // the file ends before, or exactly there
			const total = totalOf(answer);
			if (total === sink.size) return;
			await restart("");
			throw new Error("the server's file is shorter than what was downloaded before");
		}
		if (!answer.ok) {
			const message = `${want.name}: ${want.url} answers ${answer.status} ${answer.statusText}`.trimEnd();
			if (answer.status >= 500 || answer.status === 429) throw new Error(message);
			throw new GraftError("not_found", message);
		}
		if (sink.size > 0 && (answer.status !== 206 || (sink.tag !== "" && tag !== sink.tag))) {
			await restart(tag);
			if (answer.status === 206) throw new Error("the server's file has changed"); // ask for all of it
		} else if (sink.size === 0) {
			await restart(tag);
		}
		const total = totalOf(answer) || want.size || 0;
		if (want.size && total && total !== want.size) {
			throw new GraftError("mismatch", `${want.name}: ${want.url} has ${total} bytes, expected ${want.size}`);
		}
		onBytes?.(sink.size, total);
		if (answer.body) {
			for (const reader = answer.body.getReader(); ;) {
				const { done, value } = await reader.read();
				if (done) break;
				clearTimeout(timer);
				timer = setTimeout(() => control.abort(new Error(`nothing came for ${stall / 1000} s`)), stall);
				sink.write(value);
				hash(value);
				onBytes?.(sink.size, total);
			}
		}
		if (total && sink.size < total) throw new Error(`the connection ended at byte ${sink.size} of ${total}`);
	} finally {
		clearTimeout(timer);
		signal?.removeEventListener("abort", stop);
	}
}

/**
 * The bytes of the whole file, as the headers tell; 0: they do not. A body that was compressed on the way is longer than its length.
 * @param {Response} answer
 */
function totalOf(answer) {
	const range = /\/(\d+)$/.exec(answer.headers.get("Content-Range") ?? "");
	if (range) return Number(range[1]);
	return answer.headers.has("Content-Encoding") || answer.status !== 200 ? 0 : Number(answer.headers.get("Content-Length") ?? 0);
}

/** @param {Sink} sink */
function rehash(sink) {
	const hash = new SHA256(), part = new Uint8Array(Math.min(sink.size, 4 << 20));
	for (let at = 0; at < sink.size;) {
		const n = sink.read(at, part);
		if (n === 0) throw new GraftError("internal", `a part of ${sink.size} bytes cannot be read at byte ${at}`);
		hash.update(part.subarray(0, n));
		at += n;
	}
	return hash;
}

/**
 * @param {number} ms
 * @param {AbortSignal} [signal]
 */
function sleep(ms, signal) {
	return new Promise((resolve, reject) => {
		const timer = setTimeout(resolve, ms);
		signal?.addEventListener("abort", () => (clearTimeout(timer), reject(aborted(signal))), { once: true });
	});
}
