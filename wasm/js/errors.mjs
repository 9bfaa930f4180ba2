// @ts-check
// Errors that cross borders: a code for programs, a message for people. The codes are those of Go's package api.

/** @typedef {"invalid_input"|"not_found"|"mismatch"|"unsupported"|"no_memory"|"no_space"|"cancelled"|"internal"|"crashed"} Code */

export class GraftError extends Error {
	/**
	 * @param {Code} code what the caller can do about it
	 * @param {string} message
	 * @param {{cause?: unknown}} [options]
	 */
	constructor(code, message, options) {
		super(message, options);
		this.name = "GraftError";
		this.code = code;
	}
}

/** What an AbortSignal throws, as the platform's own interfaces do. */
export const aborted = (/** @type {AbortSignal} */ signal) => signal.reason ?? new DOMException("the operation was aborted", "AbortError");

/**
 * Plain data of any error, for postMessage.
 * @param {any} e
 */
export const packError = (e) => ({ name: e?.name ?? "Error", code: e?.code, message: String(e?.message ?? e) });

/** @param {{name: string, code: any, message: string}} e */
export function unpackError(e) {
	if (e.name === "AbortError") return new DOMException(e.message, "AbortError");
	return new GraftError(typeof e.code === "string" ? /** @type {Code} */ (e.code) : "internal", e.message);
}
