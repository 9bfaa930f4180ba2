// @ts-check
// Graft in a page: language models and their adapters, in a Worker, with no server and, once loaded, no network.
//
//	import { open } from "./graft.mjs";
//	const g = await open({ model: "models/finance/", adapters: { finance: "adapters/finance/" } });
//	const { label, confidence } = await g.classify("公司营收同比增长20%", { adapter: "finance" });
//
// Names follow the browser's own Prompt API where it has them: prompt, promptStreaming, session, measureContextUsage.

import { GraftError, aborted, unpackError } from "./errors.mjs";
import { adapterFiles, modelFiles } from "./files.mjs";
import { features } from "./kernels.mjs";
import { Session } from "./session.mjs";

export { GraftError } from "./errors.mjs";

/**
 * @typedef {import("./files.mjs").Place} Place
 *
 * @typedef {object} Progress
 * @property {"download"|"wait"|"check"|"load"|"classify"} phase "wait": another tab downloads the file; "load": into memory
 * @property {string} name of the file or model
 * @property {number} done bytes, or texts
 * @property {number} total 0: not known
 *
 * @typedef {object} OpenOptions
 * @property {Place} model a GGUF file's URL, the URL of a folder as on the Hugging Face hub, `hf:owner/name`, a File, or a list of files
 * @property {Record<string, Place>} [adapters] PEFT folders, by the name that they get
 * @property {number} [threads] 0: one a core but one, at most 8. A page that is not cross-origin isolated has one.
 * @property {number} [memoryLimit] bytes that the model may take; 0: as many as there are
 * @property {number} [context] tokens that there is room for when generating
 * @property {0|8} [activations] precision of activations in products with quantised weights: 8 bits, or 0: float32
 * @property {boolean} [loadIn4Bit] quantise the weights to NF4 while they are read
 * @property {boolean} [relaxed] false: no relaxed SIMD, for comparisons
 * @property {string | URL} [base] where engine.wasm and kernels_*.wasm are; default: beside this module
 * @property {(p: Progress) => void} [onProgress]
 * @property {AbortSignal} [signal]
 *
 * @typedef {object} CallOptions
 * @property {string} [adapter] by name; none: the base alone
 * @property {AbortSignal} [signal]
 * @property {(p: Progress) => void} [onProgress]
 *
 * @typedef {object} Prediction
 * @property {string} text
 * @property {string} label
 * @property {number} label_id
 * @property {number} confidence probability of the label
 * @property {Record<string, number>} probabilities by label
 *
 * @typedef {{role: "system"|"user"|"assistant"|"tool", content: string}} Message
 *
 * @typedef {object} PromptFields
 * @property {number} [maxTokens] default 256
 * @property {number} [temperature] 0, the default: the most likely text
 * @property {number} [topK]
 * @property {number} [topP]
 * @property {number} [minP]
 * @property {number} [repetitionPenalty]
 * @property {number} [seed]
 * @property {string[]} [stop]
 * @property {boolean} [raw] continue the text itself instead of answering it as a message; default: if the model has no chat template
 * @property {RegExp | string[] | object} [responseConstraint] the answer matches the expression, is one of the choices, or follows the JSON schema
 * @property {(g: Generation) => void} [onDone]
 *
 * @typedef {CallOptions & PromptFields} PromptOptions
 *
 * @typedef {object} Generation
 * @property {string} text
 * @property {"eos"|"stop"|"length"} finish_reason
 * @property {number} prompt_tokens
 * @property {number} completion_tokens
 * @property {number} first_token_ms
 * @property {number} tokens_per_second after the first
 *
 * @typedef {object} Info what was opened, and how it runs
 * @property {string} name
 * @property {string} architecture
 * @property {string} format
 * @property {number} context
 * @property {string[]} tasks
 * @property {string[]} labels
 * @property {boolean} chat whether the model has a chat template
 * @property {Record<string, number>} memory
 * @property {string} kernels build of the kernels
 * @property {number} threads
 * @property {"opfs"|"cache"|"memory"} store
 * @property {string} note what a person should know of the store; "": nothing
 */

/**
 * open opens a model with its adapters: downloads what is not stored yet, and loads it.
 * @param {OpenOptions} options
 * @returns {Promise<Graft>}
 */
export async function open(options) {
	const g = new Graft(options);
	try {
		await g.ready(options.signal);
		return g;
	} catch (e) {
		g.close();
		throw e;
	}
}

/** What this browser has, and what that means; `problem` is "" if Graft runs. */
export function support() {
	const has = features();
	const problem = !has.simd
		? "WebAssembly has no SIMD here: update the browser (Chrome or Edge 91, Firefox 89, Safari 16.4)"
		: typeof Worker !== "function" ? "this page has no Workers" : "";
	const slow = has.threads ? "" : "the page is not cross-origin isolated, so there is one thread: serve it with COOP and COEP headers, or register sw.mjs and reload";
	return { ...has, problem, slow };
}

export class Graft {
	#options;
	/** @type {Worker|undefined} */
	#worker;
	#next = 1;
	/** @type {Map<number, {resolve: (r: any) => void, reject: (e: unknown) => void, event: (e: any) => void}>} */
	#pending = new Map();
	/** @type {Promise<Info>|undefined} */
	#opening;
	/** @type {Map<string, {place: Place, anyBase: boolean}>} */
	#adapters;
	#closed = false;
	/** @type {Info|undefined} */
	#info;

	/** @param {OpenOptions} options use open */
	constructor(options) {
		this.#options = options;
		this.#adapters = new Map(Object.entries(options.adapters ?? {}).map(([name, place]) => [name, { place, anyBase: false }]));
	}

	/** What was opened, and how it runs. */
	get info() {
		if (!this.#info) throw new GraftError("invalid_input", "no model is open");
		return this.#info;
	}

	/**
	 * ready opens the model, unless it is open. After the Worker ended (the browser took its memory, say) the next call
	 * comes here by itself: the model is opened anew from what is stored.
	 * @param {AbortSignal} [signal]
	 * @returns {Promise<Info>}
	 */
	ready(signal) {
		if (this.#closed) return Promise.reject(new GraftError("invalid_input", "it was closed"));
		return (this.#opening ??= this.#open(signal).catch((e) => {
			this.#opening = undefined;
			throw e;
		}));
	}

	/**
	 * classify sorts a text, or each of several, into the classes of an adapter or model.
	 * @overload
	 * @param {string} input
	 * @param {CallOptions & {logits?: boolean}} [options]
	 * @returns {Promise<Prediction & {logits?: number[]}>}
	 */
	/**
	 * @overload
	 * @param {string[]} input
	 * @param {CallOptions & {logits?: boolean}} [options]
	 * @returns {Promise<(Prediction & {logits?: number[]})[]>}
	 */
	/**
	 * @param {string | string[]} input
	 * @param {CallOptions & {logits?: boolean}} [options]
	 * @returns {Promise<any>}
	 */
	async classify(input, { adapter = "", logits = false, ...call } = {}) {
		const texts = typeof input === "string" ? [input] : input;
		const answer = await this.#ask("classify", { texts, adapter, logits }, call);
		const all = answer.predictions.map((/** @type {Prediction} */ p, /** @type {number} */ i) => (logits ? { ...p, logits: answer.logits[i] } : p));
		return typeof input === "string" ? all[0] : all;
	}

	/**
	 * embed gives each text a vector.
	 * @param {string[]} texts
	 * @param {CallOptions & {pooling?: string, normalize?: boolean}} [options]
	 * @returns {Promise<Float32Array[]>}
	 */
	async embed(texts, { adapter = "", pooling, normalize, ...call } = {}) {
		const vectors = await this.#ask("embed", { texts, adapter, pooling, normalize }, call);
		return vectors.map((/** @type {number[]} */ v) => Float32Array.from(v));
	}

	/**
	 * prompt answers a text, or a conversation, once. A session remembers.
	 * @param {string | Message[]} input
	 * @param {PromptOptions} [options]
	 * @returns {Promise<string>}
	 */
	async prompt(input, options) {
		return (await this.#generate(input, options ?? {}, () => {})).text;
	}

	/**
	 * promptStreaming gives the answer as it comes.
	 * @param {string | Message[]} input
	 * @param {PromptOptions} [options]
	 * @returns {ReadableStream<string>}
	 */
	promptStreaming(input, options = {}) {
		const stop = new AbortController();
		const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
		return new ReadableStream({
			start: (out) => {
				this.#generate(input, { ...options, signal }, (text) => out.enqueue(text)).then(() => out.close(), (e) => out.error(e));
			},
			cancel: () => stop.abort(),
		});
	}

	/**
	 * session begins a conversation.
	 * @param {PromptOptions & {initialPrompts?: Message[]}} [options]
	 */
	session({ initialPrompts = [], ...options } = {}) {
		return new Session(this, initialPrompts, options);
	}

	/**
	 * measureContextUsage counts the tokens of a text or conversation.
	 * @param {string | Message[]} input
	 * @param {CallOptions} [options]
	 * @returns {Promise<number>}
	 */
	async measureContextUsage(input, options = {}) {
		return (await this.engine("count", typeof input === "string" ? { prompt: input } : { messages: input }, options)).tokens;
	}

	/**
	 * engine asks by any method of the engine's protocol (shared/api/engine.go).
	 * @param {string} method
	 * @param {object} [body]
	 * @param {CallOptions} [options]
	 * @returns {Promise<any>}
	 */
	engine(method, body = {}, options = {}) {
		return this.#ask("engine", { method, body }, options);
	}

	/** The adapters that are resident. Which one answers is said in each request, and costs nothing. */
	adapters = {
		/**
		 * @param {string} name a name that is taken is replaced
		 * @param {Place} place
		 * @param {CallOptions & {anyBase?: boolean}} [options] anyBase: also one that was trained on another base
		 */
		add: async (name, place, { anyBase = false, ...call } = {}) => {
			const { files } = await adapterFiles(place);
			const loaded = await this.#ask("loadAdapter", { name, files, anyBase }, call);
			this.#adapters.set(name, { place, anyBase });
			return loaded;
		},
		/** @param {string} name */
		remove: async (name) => {
			await this.#ask("unloadAdapter", { name }, {});
			this.#adapters.delete(name);
		},
		/** @returns {Promise<{name: string, peft_type: string, task_type: string, labels: string[], bytes: number}[]>} */
		list: async () => (await this.engine("adapters")).adapters,
	};

	/** What is stored in this browser. */
	store = {
		/** @returns {Promise<{kind: string, note: string, entries: import("./store.mjs").Entry[]}>} */
		list: () => this.#send("list", {}, {}),
		/** @param {string} sha256 */
		delete: (sha256) => this.#send("remove", { sha256 }, {}),
		/** @returns {Promise<{usage: number, quota: number, persisted: boolean}>} bytes */
		quota: () => this.#send("usage", {}, {}),
	};

	/** Bytes of the two memories, of the engine and the kernels. */
	memory() {
		return this.#send("memory", {}, {});
	}

	close() {
		this.#closed = true;
		this.#end(new GraftError("cancelled", "it was closed"));
	}

	/** @param {AbortSignal} [signal] */
	async #open(signal) {
		const { problem } = support();
		if (problem) throw new GraftError("unsupported", problem);
		const o = this.#options, { name, files } = await modelFiles(o.model);
		const base = new URL(o.base ?? "./", o.base ? globalThis.location?.href : import.meta.url).href;
		const options = { threads: o.threads, memoryLimit: o.memoryLimit, context: o.context, activations: o.activations, loadIn4Bit: o.loadIn4Bit, relaxed: o.relaxed };
		try {
			this.#info = await this.#send("open", { name, files, base, ...options }, { signal, onProgress: o.onProgress });
			for (const [adapter, { place, anyBase }] of this.#adapters) {
				await this.#send("loadAdapter", { name: adapter, files: (await adapterFiles(place)).files, anyBase }, { signal, onProgress: o.onProgress });
			}
			return /** @type {Info} */ (this.#info);
		} catch (e) {
			this.#end(e); // whatever is half open goes with its Worker
			throw e;
		}
	}

	/**
	 * @param {string | Message[]} input
	 * @param {PromptOptions} options
	 * @param {(text: string) => void} onText
	 * @returns {Promise<Generation>}
	 */
	async #generate(input, options, onText) {
		const { chat } = await this.ready(options.signal);
		const generation = await this.#ask("generate", requestOf(input, options, chat), options, ({ chunks }) => chunks?.forEach((/** @type {{text: string}} */ c) => c.text && onText(c.text)));
		options.onDone?.(generation);
		return generation;
	}

	/**
	 * @param {string} method
	 * @param {object} args
	 * @param {CallOptions} call
	 * @param {(event: any) => void} [onEvent]
	 */
	async #ask(method, args, call, onEvent) {
		await this.ready(call.signal);
		return this.#send(method, args, call, onEvent);
	}

	/**
	 * @param {string} method
	 * @param {object} args
	 * @param {CallOptions} call
	 * @param {(event: any) => void} [onEvent]
	 * @returns {Promise<any>}
	 */
	#send(method, args, { signal, onProgress }, onEvent) {
		return new Promise((resolve, reject) => {
			if (this.#closed) return reject(new GraftError("invalid_input", "it was closed"));
			if (signal?.aborted) return reject(aborted(signal));
			const id = this.#next++, worker = (this.#worker ??= this.#start());
			const cancel = () => {
				worker.postMessage({ cancel: id });
				this.#pending.delete(id);
				reject(aborted(/** @type {AbortSignal} */ (signal)));
			};
			signal?.addEventListener("abort", cancel, { once: true });
			const settled = (/** @type {(v: any) => void} */ f) => (/** @type {any} */ v) => {
				signal?.removeEventListener("abort", cancel);
				f(v);
			};
			this.#pending.set(id, {
				resolve: settled(resolve),
				reject: settled(reject),
				event: (e) => (e.progress ? onProgress?.(e.progress) : onEvent?.(e)),
			});
			worker.postMessage({ id, method, args });
		});
	}

	#start() {
		const worker = new Worker(new URL("./worker.mjs", import.meta.url), { type: "module", name: "graft" });
		const lost = (/** @type {string} */ why) => {
			if (this.#worker === worker) this.#end(new GraftError("crashed", `the engine's Worker ended (${why}); ask again: the model is opened anew from what is stored`));
		};
		worker.onmessage = ({ data }) => {
			if ("lock" in data) return void (data.lock && navigator.locks.request(data.lock, () => lost("the browser stopped it, perhaps for want of memory")));
			const waiting = this.#pending.get(data.id);
			if (!waiting) return;
			if ("event" in data) return waiting.event(data.event);
			this.#pending.delete(data.id);
			if (!("error" in data)) return waiting.resolve(data.result);
			const e = unpackError(data.error);
			if (e instanceof GraftError && e.code === "crashed") {
				waiting.reject(new GraftError("crashed", `${e.message}; ask again: the model is opened anew from what is stored`));
				return this.#end(e);
			}
			waiting.reject(e);
		};
		worker.onerror = (e) => lost(e.message || "worker.mjs could not be loaded");
		return worker;
	}

	/** @param {unknown} why */
	#end(why) {
		this.#worker?.terminate();
		this.#worker = undefined;
		this.#opening = undefined;
		for (const p of this.#pending.values()) p.reject(why);
		this.#pending.clear();
	}
}

/**
 * @param {string | Message[]} input
 * @param {PromptOptions} o
 * @param {boolean} chat
 */
function requestOf(input, o, chat) {
	const raw = o.raw ?? !chat, constraint = o.responseConstraint;
	const format = constraint instanceof RegExp ? { regex: constraint.source } : Array.isArray(constraint) ? { choices: constraint } : constraint && { json_schema: constraint };
	return {
		...(typeof input !== "string" ? { messages: input } : raw ? { prompt: input } : { messages: [{ role: "user", content: input }] }),
		max_new_tokens: o.maxTokens ?? 256,
		temperature: o.temperature, top_k: o.topK, top_p: o.topP, min_p: o.minP, repetition_penalty: o.repetitionPenalty,
		seed: o.seed, stop: o.stop, adapter: o.adapter, response_format: format,
	};
}
