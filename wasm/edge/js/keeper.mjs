// @ts-check
// The keeper: the one engine of a Worker's isolate. It outlives requests, is started by the first that needs it, and is
// started anew after it has stopped. A request's Go program reaches it as globalThis.graft.

import { Engine } from "./engine.mjs";
import { GraftError } from "./errors.mjs";
import { openKernels } from "./kernels.mjs";
import { Paged } from "./paged.mjs";
import { fetchPiece, stores } from "./pieces.mjs";

/**
 * @typedef {import("./paged.mjs").ListedFile} ListedFile
 *
 * @typedef {object} Manifest what `graft edge build` put into the folder
 * @property {object} catalog what the Go side knows of it
 * @property {"assets"|"bundle"|"r2"|"kv"} weights
 * @property {number} pieceBytes
 * @property {ListedFile[]} model
 * @property {{name: string, files: ListedFile[]}[]} adapters
 * @property {Record<string, unknown>} open options of the engine's open
 * @property {number} memoryLimit bytes of the isolate that the engine, its kernels and its files may take
 * @property {{total: number} & Record<string, number>} plan bytes, by part
 *
 * @typedef {object} Context of a request
 * @property {any} env
 * @property {{waitUntil: (p: Promise<unknown>) => void}} ctx
 */

const PATIENCE = 30_000; // ms that a request waits for a start that another one began
const MISSES = 64; // times that one call is asked again for want of a piece; each brings one at least

/** Gives other requests of the isolate their turn, and what was written its way out. */
const turn = () => new Promise((done) => setTimeout(done, 0));

export class Keeper {
	#manifest;
	#modules;
	#store;
	/** @type {{engine: Engine, kernels: Awaited<ReturnType<typeof openKernels>>, paged: Paged}|undefined} */
	#running;
	/** @type {Promise<void>|undefined} */
	#starting;
	#starts = 0;
	#peak = 0;
	#startMS = 0;
	#error = "";

	/**
	 * @param {Manifest} manifest
	 * @param {{engine: WebAssembly.Module, kernels: Record<string, WebAssembly.Module>}} modules
	 * @param {Record<string, ArrayBuffer>} bundled
	 */
	constructor(manifest, modules, bundled) {
		this.#manifest = manifest;
		this.#modules = modules;
		this.#store = stores(bundled)[manifest.weights];
		this.catalog = JSON.stringify(manifest.catalog);
	}

	/** What there is of the engine, as JSON. */
	status() {
		return JSON.stringify({
			started: this.#running !== undefined,
			starts: this.#starts,
			error: this.#error || undefined,
			start_ms: this.#startMS || undefined,
			memory: this.#running ? { ...this.#memory(), peak: this.#peak } : undefined,
		});
	}

	/**
	 * call passes a message on, starting the engine if it is not there.
	 * @param {Context} context
	 * @param {string} method
	 * @param {string} body the whole request
	 * @param {number} instance the engine that must answer; 0: any
	 * @returns {Promise<{answer: string, instance: number}>}
	 */
	async call(context, method, body, instance) {
		try {
			if (instance > 0 && (instance !== this.#starts || !this.#running)) {
				throw new GraftError("crashed", "the engine that wrote this text has stopped; ask again");
			}
			await this.#started(context);
			const answer = await this.#ask(context, (e) => e.send(JSON.parse(body)));
			if (method === "step") await turn();
			return { answer: JSON.stringify(answer), instance: this.#starts };
		} catch (e) {
			const code = e instanceof GraftError ? e.code : "internal";
			return { answer: JSON.stringify({ protocol: 1, error: { code, message: String(/** @type {any} */ (e)?.message ?? e) } }), instance: 0 };
		}
	}

	/** stop throws the engine away; the next call starts one anew. */
	stop() {
		this.#running = undefined;
	}

	/**
	 * @param {Context} context
	 */
	async #started(context) {
		while (!this.#running) {
			if (!this.#starting) {
				const starting = (this.#starting = this.#start(context).finally(() => {
					if (this.#starting === starting) this.#starting = undefined;
				}));
				context.ctx.waitUntil(starting.catch(() => {})); // also when this request goes away
				await starting;
				continue;
			}
			// The request that starts it may be cut off, and its fetches with it: then this one starts anew.
			const other = this.#starting;
			const late = Symbol();
			const first = await Promise.race([other, new Promise((done) => setTimeout(done, PATIENCE, late))]);
			if (first === late && this.#starting === other) this.#starting = undefined;
		}
	}

	/** @param {Context} context */
	async #start(context) {
		const { manifest, limit } = { manifest: this.#manifest, limit: this.#limit(context.env) };
		if (manifest.plan.total > limit) {
			const message = `the engine needs ${manifest.plan.total} bytes and the Worker allows ${limit} (GRAFT_MEMORY_LIMIT); build it with a smaller model, --quantize or a shorter --context`;
			this.#error = message;
			throw new GraftError("no_memory", message);
		}
		const begin = Date.now(), paged = new Paged(manifest.pieceBytes);
		try {
			const kernels = await openKernels({ threads: 1, memoryLimit: limit, compile: async (variant) => this.#modules.kernels[variant] });
			const engine = await Engine.start({ module: this.#modules.engine, kernels, log: (line) => console.log(line) });
			const state = { engine, kernels, paged };
			/** @type {ListedFile[]} */
			const files = [];
			const list = (/** @type {ListedFile[]} */ listed) => listed.map((f) => {
				const file = engine.file(f.name, paged.source(f));
				files[file.id] = f;
				return file;
			});
			/** @type {(method: string, body: object) => Promise<any>} */
			const call = (method, body) => this.#paging(context, state, (e) => e.call(method, body));
			// The beginning of each file at once: all of a small one, the header of a large one.
			const listed = [...manifest.model, ...manifest.adapters.flatMap((a) => a.files)];
			await this.#fetch(context, state, [...new Set(listed.flatMap((f) => f.pieces.slice(0, 1)))]);
			await call("open", { ...manifest.open, files: list(manifest.model), threads: 1, memory_limit: limit });
			for (const a of manifest.adapters) await call("load_adapter", { name: a.name, files: list(a.files) });
			for (let loaded = { done: false, next: [] }; !loaded.done; ) {
				const next = new Set(loaded.next.flatMap((/** @type {any} */ r) => paged.piecesOf(files[r.id], r.offset, r.bytes)));
				paged.drop(next);
				await this.#fetch(context, state, [...next]);
				loaded = await call("load", { bytes: manifest.pieceBytes });
			}
			paged.drop();
			this.#running = state;
			this.#starts++;
			this.#error = "";
			this.#watch(limit);
		} catch (e) {
			this.#error = String(/** @type {any} */ (e)?.message ?? e);
			throw e;
		} finally {
			this.#startMS = Date.now() - begin;
		}
	}

	/**
	 * #ask asks the running engine, and parts with it if it stopped or took more memory than it may.
	 * @param {Context} context
	 * @param {(e: Engine) => any} question
	 */
	async #ask(context, question) {
		const state = this.#running;
		if (!state) throw new GraftError("crashed", "the engine has stopped; ask again");
		try {
			return await this.#paging(context, state, question);
		} finally {
			if (this.#running === state) {
				if (state.engine.dead) {
					this.#error = state.engine.dead;
					this.stop();
				} else {
					this.#watch(this.#limit(context.env));
				}
			}
		}
	}

	/**
	 * #paging asks a question until no piece is missing.
	 * @param {Context} context
	 * @param {{engine: Engine, paged: Paged}} state
	 * @param {(e: Engine) => any} question
	 */
	async #paging(context, state, question) {
		for (let n = 0; ; n++) {
			let answer, problem;
			try {
				answer = question(state.engine);
			} catch (e) {
				problem = e;
			}
			const missed = state.paged.takeMissed();
			if (missed.length === 0 || n === MISSES || state.engine.dead) {
				if (problem) throw problem;
				return answer;
			}
			await this.#fetch(context, state, missed);
		}
	}

	/**
	 * @param {Context} context
	 * @param {{paged: Paged}} state
	 * @param {string[]} names
	 */
	async #fetch(context, { paged }, names) {
		await Promise.all(names.map(async (name) => paged.hold(name, await fetchPiece(this.#store, context.env, name))));
	}

	/** @param {any} env */
	#limit(env) {
		const own = Number(env.GRAFT_MEMORY_LIMIT);
		return own > 0 ? own : this.#manifest.memoryLimit;
	}

	#memory() {
		const { engine, kernels, paged } = /** @type {NonNullable<typeof this.#running>} */ (this.#running);
		const m = { engine: engine.bytes, kernels: kernels.memory.buffer.byteLength, files: paged.bytes };
		return { ...m, total: m.engine + m.kernels + m.files };
	}

	/**
	 * #watch parts with an engine that has outgrown its limit before the isolate is ended for it.
	 * @param {number} limit
	 */
	#watch(limit) {
		const { total } = this.#memory();
		this.#peak = Math.max(this.#peak, total);
		if (total > limit) {
			this.#error = `the engine had grown to ${total} bytes, over its ${limit} (GRAFT_MEMORY_LIMIT), and is started anew`;
			this.stop();
		}
	}
}
