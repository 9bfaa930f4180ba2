// @ts-check
// What the studio's Go program asks of the browser: keeping bytes (IndexedDB), a model (graft.mjs), files and the clipboard.
// Everything crosses as text or JSON text; what waits is a Promise.

import { open } from "./graft.mjs";

/** @typedef {import("./graft.mjs").Graft} Graft */

/** @type {Promise<IDBDatabase> | undefined} */
let database;

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
const done = (request) => new Promise((resolve, reject) => {
	request.onsuccess = () => resolve(request.result);
	request.onerror = () => reject(request.error);
});

function db() {
	return (database ??= (() => {
		const request = indexedDB.open("graft-studio", 1);
		request.onupgradeneeded = () => request.result.createObjectStore("kept");
		return done(request);
	})());
}

/** @param {IDBTransactionMode} mode @param {(s: IDBObjectStore) => IDBRequest} ask one transaction, whole or not at all */
async function transact(mode, ask) {
	const t = (await db()).transaction("kept", mode, { durability: "strict" });
	const answer = await done(ask(t.objectStore("kept")));
	if (mode === "readwrite") await new Promise((resolve, reject) => {
		t.oncomplete = resolve;
		t.onabort = t.onerror = () => reject(t.error);
	});
	return answer;
}

const store = {
	/** @param {string} kind @returns {Promise<string>} JSON of name to text */
	async all(kind) {
		const range = IDBKeyRange.bound([kind, ""], [kind, "\uffff"]);
		const [keys, values] = await Promise.all([transact("readonly", (s) => s.getAllKeys(range)), transact("readonly", (s) => s.getAll(range))]);
		return JSON.stringify(Object.fromEntries(keys.map((/** @type {any} */ k, /** @type {number} */ i) => [k[1], values[i]])));
	},
	/** @param {string} kind @param {string} name @param {string} text */
	put: (kind, name, text) => transact("readwrite", (s) => s.put(text, [kind, name])),
	/** @param {string} kind @param {string} name */
	delete: (kind, name) => transact("readwrite", (s) => s.delete([kind, name])),
};

/** @type {Graft | undefined} */
let graft;

function model() {
	if (!graft) throw new Error("no model is open");
	return graft;
}

async function info() {
	const g = model(), i = g.info;
	return JSON.stringify({ Name: i.name, Adapters: (await g.adapters.list()).map((a) => a.name), Threads: i.threads, Kernels: i.kernels, Context: i.context, Chat: i.chat });
}

const runner = {
	/** @param {string} place @param {number} threads @param {(phase: string, done: number, total: number) => void} onProgress */
	async open(place, threads, onProgress) {
		/** @type {any} */
		let from = place, adapters = {}, loadIn4Bit = false;
		if (place === "embedded") {
			const listed = (await (await fetch("models.json")).json()).models;
			if (!listed.length) throw new Error("no model is built in: name one");
			from = listed[0];
			loadIn4Bit = listed[0].load_in_4bit;
			adapters = Object.fromEntries(listed[0].adapters.map((/** @type {any} */ a) => [a.name, a]));
		}
		const next = await open({ model: from, adapters, threads, loadIn4Bit, onProgress: (p) => onProgress(p.phase, p.done, p.total) });
		graft?.close();
		graft = next;
		return info();
	},
	/** @param {string} request @param {AbortController} control @param {(text: string) => void} onText */
	async answer(request, control, onText) {
		const r = JSON.parse(request), g = model();
		/** @type {any} */
		let last;
		const stream = g.promptStreaming(g.info.chat ? r.Messages : r.Messages.map((/** @type {any} */ m) => m.content).join("\n\n"), {
			adapter: r.Adapter, maxTokens: r.MaxTokens, temperature: r.Temperature, seed: r.Seed, signal: control.signal, responseConstraint: r.Schema ?? undefined,
			onDone: (d) => (last = d),
		});
		const reader = stream.getReader();
		for (;;) {
			const { done, value } = await reader.read();
			if (done) break;
			onText(value);
		}
		return JSON.stringify({ Text: last?.text ?? "", FinishReason: last?.finish_reason ?? "", PromptTokens: last?.prompt_tokens ?? 0, CompletionTokens: last?.completion_tokens ?? 0, FirstTokenMS: last?.first_token_ms ?? 0, TokensPerSecond: last?.tokens_per_second ?? 0 });
	},
	/** @param {string} name @param {string} place */
	async addAdapter(name, place) {
		await model().adapters.add(name, place);
		return info();
	},
	/** @param {string} name */
	async removeAdapter(name) {
		await model().adapters.remove(name);
		return info();
	},
};

const page = {
	/** @param {number} line @param {number} column @param {number} length */
	select(line, column, length) {
		const area = /** @type {HTMLTextAreaElement | null} */ (document.querySelector("textarea.source"));
		if (!area) return;
		const lines = area.value.split("\n"), before = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
		const chars = [...(lines[line - 1] ?? "")], at = before + chars.slice(0, Math.max(0, column - 1)).join("").length;
		const end = at + chars.slice(Math.max(0, column - 1), Math.max(0, column - 1) + length).join("").length;
		area.focus();
		area.setSelectionRange(at, end);
		area.scrollTop = (area.scrollHeight * Math.max(0, line - 4)) / lines.length;
	},
	/** @param {string} question */
	confirm: (question) => globalThis.confirm(question),
	/** @param {string} name @param {string} text */
	save(name, text) {
		const a = Object.assign(document.createElement("a"), { href: URL.createObjectURL(new Blob([text])), download: name });
		a.click();
		setTimeout(() => URL.revokeObjectURL(a.href), 1000);
	},
	/** @param {string} fragment */
	link: (fragment) => `${location.origin}${location.pathname}#${fragment}`,
	/** @param {string} text */
	copy: (text) => void navigator.clipboard?.writeText(text).catch(() => prompt("", text)),
	/** @param {string} language @param {string} theme */
	apply(language, theme) {
		document.documentElement.lang = language;
		document.documentElement.dataset.theme = theme;
	},
	fragment: () => location.hash,
	language: () => (navigator.language.startsWith("zh") ? "zh" : "en"),
	id: () => crypto.randomUUID(),
	/** @param {string} message */
	crashed(message) {
		const p = /** @type {HTMLElement} */ (document.getElementById("crashed"));
		p.hidden = false;
		p.append(message);
	},
};

Object.assign(globalThis, { graftPorts: { store, runner, page } });
