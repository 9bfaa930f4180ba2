// @ts-check
// Pieces: where a Worker's files come from. Each file was cut into pieces by `graft edge build`, and each piece is named by
// its SHA-256, so a piece that arrives is the right one or none, and what is stored under its name never changes.

import { GraftError } from "./errors.mjs";

/**
 * @typedef {object} Store
 * @property {(env: any, name: string) => Promise<ArrayBuffer|null|undefined>} get a piece, or nothing
 * @property {string} missing what to do when a piece is not there
 */

/**
 * stores are the places by their name in the manifest.
 * @param {Record<string, ArrayBuffer>} bundled the pieces that lie in the Worker's own script
 * @returns {Record<string, Store>}
 */
export const stores = (bundled) => ({
	bundle: { get: async (_, name) => bundled[name], missing: "deploy the folder anew" },
	assets: {
		async get(env, name) {
			const answer = await env.ASSETS.fetch(`https://assets.local/${name}`);
			if (answer.ok) return answer.arrayBuffer();
			await answer.body?.cancel();
			return null;
		},
		missing: "deploy the folder anew",
	},
	r2: { get: async (env, name) => (await env.GRAFT_WEIGHTS.get(name))?.arrayBuffer(), missing: "run weights/upload.sh" },
	kv: { get: (env, name) => env.GRAFT_WEIGHTS.get(name, "arrayBuffer"), missing: "run weights/upload.sh" },
});

/**
 * fetchPiece brings a piece and checks it.
 * @param {Store} store
 * @param {any} env
 * @param {string} name its SHA-256 in hexadecimal digits
 */
export async function fetchPiece(store, env, name) {
	const bytes = await store.get(env, name);
	if (!bytes) throw new GraftError("not_found", `piece ${name} of the weights is not where the Worker keeps them: ${store.missing}`);
	const sum = Array.from(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)), (b) => b.toString(16).padStart(2, "0")).join("");
	if (sum !== name) throw new GraftError("internal", `piece ${name} of the weights has the SHA-256 ${sum}: it was changed or cut where it is stored`);
	return new Uint8Array(bytes);
}
