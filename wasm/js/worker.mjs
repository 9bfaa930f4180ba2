// @ts-check
// The Worker that holds the engine. The page's side is graft.mjs; between them go messages:
//
//	{id, method, args}      asks; {id, result} or {id, error} answers, {id, event} comes before
//	{cancel: id}            ends what was asked, between two tokens or texts
//
// The Worker holds a Web Lock while it lives, whose name it tells first: {lock}. The page waits for that lock, and so learns when the
// Worker was ended from outside, which no event tells.

import { Engine } from "./engine.mjs";
import { GraftError, aborted, packError } from "./errors.mjs";
import { openKernels } from "./kernels.mjs";
import { openStore } from "./store.mjs";
import { spawn } from "./threads.mjs";

/**
 * @typedef {import("./store.mjs").FileSpec} FileSpec
 * @typedef {{signal: AbortSignal, event: (e: object) => void}} Call
 */

const PIECE = 8 << 20; // bytes of weights that are loaded at a time
const BATCH = 8; // texts that are classified or embedded at a time

/** @type {ReturnType<typeof openStore>|undefined} */
let opening;
const store = () => (opening ??= openStore());

/** @type {Engine|undefined} */
let engine;
/** @type {{close(): void}|undefined} */
let kernels;
/** @type {Map<string, number[]>} the files of each resident adapter */
const adapters = new Map();

function running() {
	if (!engine) throw new GraftError("invalid_input", "no model is open");
	return engine;
}

/**
 * @param {FileSpec[]} files
 * @param {Engine} to
 * @param {Call} call
 */
async function bring(files, to, { signal, event }) {
	const ids = [];
	try {
		for (const f of files) {
			ids.push(to.file(f.name, await (await store()).get(f, { signal, onProgress: (p) => event({ progress: p }) })));
		}
		return ids;
	} catch (e) {
		to.forget(ids.map((f) => f.id));
		throw e;
	}
}

/** @param {FileSpec[]} files */
async function spoiled(files) {
	let any = false;
	for (const f of files.filter((f) => f.url)) {
		const s = await store(), before = (await s.list()).find((e) => e.sha256 === f.sha256 || e.url === f.url);
		if (!before || before.partial) continue;
		(await s.get(f, { check: true })).close();
		const after = (await s.list()).find((e) => e.sha256 === f.sha256 || e.url === f.url);
		any ||= after?.added !== before.added;
	}
	return any;
}

/** What can be asked: each takes its arguments and the call. */
const methods = {
	/** @param {any} args @param {Call} call */
	async open(args, call) {
		methods.close();
		const { files, name, threads, memoryLimit, context, activations, loadIn4Bit, base } = args;
		const dist = (/** @type {string} */ file) => new URL(file, base).href;
		const [module, k] = await Promise.all([
			compile(dist("engine.wasm")),
			openKernels({ threads, memoryLimit, compile: (variant) => compile(dist(`${variant}.wasm`)), spawn, relaxed: args.relaxed }),
		]);
		kernels = k;
		const e = await Engine.start({ module, kernels: k, log: (line) => console.error(line), sleep });
		try {
			const ask = async () => {
				const ids = await bring(files, e, call);
				try {
					return e.call("open", { name, files: ids, threads: k.threads, memory_limit: memoryLimit, activations, load_in_4bit: loadIn4Bit, context });
				} catch (problem) {
					e.forget(ids.map((f) => f.id));
					throw problem;
				}
			};
			let opened;
			try {
				opened = await ask();
			} catch (problem) { // a stored file may have gone bad: then it is fetched anew, once
				if (!(problem instanceof GraftError) || !["invalid_input", "not_found", "mismatch"].includes(problem.code) || !(await spoiled(files))) throw problem;
				opened = await ask();
			}
			for (;;) {
				const { done, loaded, total } = e.call("load", { bytes: PIECE });
				call.event({ progress: { phase: "load", name, done: loaded, total } });
				if (done) break;
				await breath(call.signal);
			}
			engine = e;
			return { ...opened, ...e.call("version"), kernels: k.variant, threads: k.threads, store: (await store()).kind, note: (await store()).note };
		} catch (problem) {
			k.close();
			kernels = undefined;
			throw problem;
		}
	},
	/** @param {{name: string, files: FileSpec[], anyBase?: boolean}} args @param {Call} call */
	async loadAdapter({ name, files, anyBase = false }, call) {
		const e = running(), ids = await bring(files, e, call);
		try {
			const loaded = e.call("load_adapter", { name, files: ids, any_base: anyBase });
			e.forget(adapters.get(name) ?? []);
			adapters.set(name, ids.map((f) => f.id));
			return loaded;
		} catch (problem) {
			e.forget(ids.map((f) => f.id));
			throw problem;
		}
	},
	/** @param {{name: string}} args */
	unloadAdapter({ name }) {
		running().call("unload_adapter", { name });
		running().forget(adapters.get(name) ?? []);
		adapters.delete(name);
	},
	/** @param {any} args @param {Call} call */
	async classify({ texts, ...args }, call) {
		const all = { predictions: [], logits: [] };
		for (let at = 0; at < texts.length; at += BATCH) {
			if (at > 0) await breath(call.signal);
			const part = running().call("classify", { texts: texts.slice(at, at + BATCH), ...args });
			all.predictions.push(.../** @type {never[]} */ (part.predictions));
			all.logits.push(.../** @type {never[]} */ (part.logits ?? []));
			call.event({ progress: { phase: "classify", name: "", done: Math.min(at + BATCH, texts.length), total: texts.length } });
		}
		return all;
	},
	/** @param {any} args @param {Call} call */
	async embed({ texts, ...args }, call) {
		const all = [];
		for (let at = 0; at < texts.length; at += BATCH) {
			if (at > 0) await breath(call.signal);
			all.push(...running().call("embed", { texts: texts.slice(at, at + BATCH), ...args }).vectors);
		}
		return all;
	},
	/** @param {any} request @param {Call} call */
	async generate(request, call) {
		const e = running(), { handle, ...begun } = e.call("start", request);
		call.event({ begun });
		try {
			for (;;) {
				const { chunks, done, generation, read, of } = e.call("step", { handle, tokens: 1 });
				call.event({ chunks, read, of });
				if (done) return generation;
				await breath(call.signal);
			}
		} catch (problem) {
			if (!e.dead) e.call("cancel", { handle });
			throw problem;
		}
	},
	/** Any other method of the engine. @param {{method: string, body: object}} args */
	engine: ({ method, body }) => running().call(method, body),
	/** Bytes of memory, as the host sees them. */
	memory: () => ({ engine: engine?.bytes ?? 0, kernels: /** @type {any} */ (kernels)?.memory.buffer.byteLength ?? 0 }),
	async list() {
		const s = await store();
		return { kind: s.kind, note: s.note, entries: await s.list() };
	},
	/** @param {{sha256: string}} args */
	remove: async ({ sha256 }) => (await store()).remove(sha256),
	usage: async () => (await store()).usage(),
	close() {
		adapters.clear();
		engine?.forget(Array.from({ length: 1 << 10 }, (_, i) => i));
		engine = undefined;
		kernels?.close();
		kernels = undefined;
	},
};

/** @param {string} url */
async function compile(url) {
	const answer = await fetch(url);
	if (!answer.ok) throw new GraftError("not_found", `${url} answers ${answer.status} ${answer.statusText}`.trimEnd());
	return answer.headers.get("Content-Type")?.startsWith("application/wasm") ? WebAssembly.compileStreaming(answer) : WebAssembly.compile(await answer.arrayBuffer());
}

// breath lets messages in, at once; a timer would wait 4 ms.
const { port1, port2 } = new MessageChannel();
/** @type {(() => void)[]} */
const waiting = [];
port1.onmessage = () => waiting.shift()?.();

/** @param {AbortSignal} signal */
async function breath(signal) {
	await new Promise((resolve) => {
		waiting.push(() => resolve(undefined));
		port2.postMessage(0);
	});
	if (signal.aborted) throw aborted(signal);
}

/** @type {((ms: number) => void)|undefined} */
const sleep = globalThis.SharedArrayBuffer && ((word) => (/** @type {number} */ ms) => void Atomics.wait(word, 0, 0, ms))(new Int32Array(new SharedArrayBuffer(4)));

/** @type {Map<number, AbortController>} */
const calls = new Map();

addEventListener("message", async ({ data }) => {
	if ("cancel" in data) return calls.get(data.cancel)?.abort();
	const { id, method, args } = data, control = new AbortController();
	calls.set(id, control);
	try {
		const work = /** @type {any} */ (methods)[method];
		const result = await work(args ?? {}, { signal: control.signal, event: (/** @type {object} */ event) => postMessage({ id, event }) });
		postMessage({ id, result });
	} catch (e) {
		postMessage({ id, error: packError(e) });
	} finally {
		calls.delete(id);
	}
});

const lock = `graft-worker-${crypto.randomUUID()}`;
navigator.locks?.request(lock, () => {
	postMessage({ lock });
	return new Promise(() => {});
});
if (!navigator.locks) postMessage({ lock: "" });
