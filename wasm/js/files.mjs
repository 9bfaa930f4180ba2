// @ts-check
// Which files make a model or an adapter: from a URL, a file that a person chose, or a list.

import { GraftError } from "./errors.mjs";

/**
 * @typedef {import("./store.mjs").FileSpec} FileSpec
 * @typedef {{name?: string, files: FileSpec[]}} Listing
 * @typedef {string | URL | Blob | Listing} Place a GGUF file's URL, the URL of a folder, `hf:owner/name`, a GGUF file, or a list of files
 */

const MODEL = {
	needed: ["config.json", "tokenizer.json"],
	optional: ["tokenizer_config.json", "special_tokens_map.json", "generation_config.json", "chat_template.jinja", "modules.json", "1_Pooling/config.json", "config_sentence_transformers.json", "sentence_bert_config.json"],
	weights: "model.safetensors",
};
const ADAPTER = { needed: ["adapter_config.json"], optional: ["graft.json"], weights: "adapter_model.safetensors" };

/** @param {Place} place */
export const modelFiles = (place) => listing(place, MODEL);

/** @param {Place} place */
export const adapterFiles = (place) => listing(place, ADAPTER);

/**
 * @param {Place} place
 * @param {typeof MODEL} kind
 * @returns {Promise<Required<Listing>>}
 */
async function listing(place, kind) {
	if (place instanceof Blob) {
		const name = /** @type {any} */ (place).name ?? "model.gguf";
		return { name, files: [{ name, blob: place }] };
	}
	if (typeof place === "object" && "files" in place) {
		if (place.files.length === 0) throw new GraftError("invalid_input", "the list of files is empty");
		return { name: place.name ?? place.files[0].name, files: place.files };
	}
	const url = new URL(String(place).replace(/^hf:([^/]+\/[^/]+)$/, "https://huggingface.co/$1/resolve/main/"), globalThis.location?.href);
	const name = decodeURIComponent(url.pathname.split("/").filter(Boolean).pop() ?? url.host);
	if (/\.gguf$/i.test(url.pathname)) return { name, files: [{ name, url: url.href }] };
	if (!url.pathname.endsWith("/")) url.pathname += "/";
	const at = (/** @type {string} */ file) => ({ name: file, url: new URL(file, url).href });
	const there = async (/** @type {string} */ file) => (await fetch(at(file).url, { method: "HEAD" }).catch(() => undefined))?.ok ?? false;
	const optional = (await Promise.all(kind.optional.map(async (f) => ((await there(f)) ? [f] : [])))).flat();
	const index = `${kind.weights}.index.json`;
	const weights = kind === MODEL && !(await there(kind.weights)) && (await there(index)) ? [index, ...(await shards(at(index).url))] : [kind.weights];
	return { name, files: [...kind.needed, ...optional, ...weights].map(at) };
}

/** @param {string} url of an index */
async function shards(url) {
	/** @type {{weight_map: Record<string, string>}} */
	const index = await (await fetch(url)).json();
	return new Set(Object.values(index.weight_map));
}
