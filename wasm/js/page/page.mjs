// @ts-check
// The first page: choose a model and an adapter, classify a text, write with the model. The runtime is beside it.

import { open, support } from "./graft.mjs";
import { install } from "./install.mjs";
import { current, speak, t, translate } from "./text.mjs";

/**
 * @typedef {import("./graft.mjs").Graft} Graft
 * @typedef {import("./graft.mjs").Progress} Progress
 * @typedef {{name: string, files: {name: string, url: string, size: number, sha256: string}[]}} Listed
 * @typedef {Listed & {adapters: Listed[], load_in_4bit?: boolean}} Model a row of models.json
 */

/** @template {HTMLElement} T @param {string} id @returns {T} */
const element = (id) => /** @type {T} */ (document.getElementById(id));
const ui = {
	model: /** @type {HTMLSelectElement} */ (element("model")), adapter: /** @type {HTMLSelectElement} */ (element("adapter")),
	file: /** @type {HTMLInputElement} */ (element("file")), url: /** @type {HTMLInputElement} */ (element("url")),
	status: element("status"), progress: /** @type {HTMLProgressElement} */ (element("progress")), problem: element("problem"),
	text: /** @type {HTMLTextAreaElement} */ (element("text")), result: element("result"), examples: element("examples"),
	talk: element("talk"), message: /** @type {HTMLTextAreaElement} */ (element("message")), speed: element("speed"),
	send: /** @type {HTMLButtonElement} */ (element("send")), stop: /** @type {HTMLButtonElement} */ (element("stop")),
	tokens: /** @type {HTMLInputElement} */ (element("tokens")), temperature: /** @type {HTMLInputElement} */ (element("temperature")),
	entries: element("entries"), quota: element("quota"), footer: element("footer"),
};

/** @type {Model[]} */
let models = [];
/** @type {Graft | undefined} */
let graft;
/** @type {AbortController | undefined} what is being opened */
let opening;
/** @type {ReturnType<Graft["session"]> | undefined} */
let talk;
let shown = () => {}; // writes the status again, in another language

const state = (/** @type {string} */ s) => (document.documentElement.dataset.state = s);
const parameters = new URLSearchParams(location.search); // threads=1, for those who compare
const threads = Number(parameters.get("threads") ?? 0);

/** @param {number} n */
const bytes = (n) => (n < 1e6 ? `${Math.round(n / 1e3)} kB` : n < 1e9 ? `${(n / 1e6).toFixed(n < 1e7 ? 1 : 0)} MB` : `${(n / 1e9).toFixed(2)} GB`);

/**
 * @param {string} tag
 * @param {Partial<HTMLElement> & Record<string, any>} [fields]
 * @param {(Node | string)[]} children
 */
function make(tag, fields = {}, ...children) {
	const e = Object.assign(document.createElement(tag), fields);
	e.append(...children);
	return e;
}

/** @param {() => string} text */
function say(text) {
	shown = () => (ui.status.textContent = text());
	shown();
}

/** @param {unknown} e */
function complain(e) {
	ui.problem.hidden = !e;
	ui.problem.textContent = e ? t("problem", { message: /** @type {any} */ (e)?.message ?? String(e) }) : "";
}

/** @param {Progress} p */
function progress({ phase, name, done, total }) {
	if (phase === "classify") return;
	ui.progress.hidden = false;
	if (total > 0) ui.progress.value = done / total;
	else ui.progress.removeAttribute("value");
	say(() => t(phase, { name, done: bytes(done), total: total ? bytes(total) : "?" }));
}

/**
 * show opens a model in place of the one that is open.
 * @param {string} name
 * @param {import("./graft.mjs").Place} model
 * @param {Listed[]} adapters
 * @param {boolean} [loadIn4Bit]
 */
async function show(name, model, adapters, loadIn4Bit) {
	opening?.abort();
	const mine = (opening = new AbortController());
	graft?.close();
	graft = undefined;
	state("loading");
	complain(undefined);
	enable();
	say(() => t("opening", { name }));
	try {
		const g = await open({ model, adapters: Object.fromEntries(adapters.map((a) => [a.name, a])), threads, loadIn4Bit, signal: mine.signal, onProgress: progress });
		if (mine.signal.aborted) return g.close();
		graft = g;
		const { architecture, kernels, threads: n, note } = g.info, { engine, kernels: device } = await g.memory();
		say(() => t("ready", { name, architecture, kernels, memory: bytes(engine + device), threads: n === 1 ? t("oneThread") : t("threads", { n }) }) + (note ? ` (${note})` : ""));
		state("ready");
	} catch (e) {
		if (mine.signal.aborted) return;
		say(() => "");
		complain(e);
		state("error");
	} finally {
		if (opening === mine) ui.progress.hidden = true;
	}
	ui.adapter.replaceChildren(...adapters.map((a) => make("option", { value: a.name, textContent: a.name })), make("option", { value: "", textContent: t("noAdapter") }));
	choose();
	await stored();
}

/** choose is for another adapter: it is resident, so that nothing is loaded. */
function choose() {
	begin();
	ui.result.replaceChildren();
	enable();
}

/** begin forgets the conversation. */
function begin() {
	ui.talk.replaceChildren();
	ui.speed.textContent = "";
	talk = graft?.session({ adapter: ui.adapter.value });
}

async function enable() {
	const info = graft?.info, adapter = (graft && (await graft.adapters.list().catch(() => [])))?.find((a) => a.name === ui.adapter.value);
	const classifies = info && (adapter ? adapter.labels?.length > 0 : info.labels?.length > 0), writes = info?.tasks.includes("generate") && !(adapter?.task_type === "SEQ_CLS");
	for (const [part, on, why] of /** @type {const} */ ([["classify-part", classifies, "noClassify"], ["chat-part", writes, "noGenerate"]])) {
		for (const e of element(part).querySelectorAll("textarea, button, input")) /** @type {HTMLButtonElement} */ (e).disabled = !on;
		element(part).title = info && !on ? t(why) : "";
	}
	ui.stop.disabled = true;
	const label = /** @type {HTMLElement} */ (ui.message.previousElementSibling);
	label.dataset.t = info && !info.chat ? "continued" : "message";
	translate();
}

element("classify").addEventListener("submit", async (e) => {
	e.preventDefault();
	if (!graft) return;
	complain(undefined);
	const begun = performance.now();
	try {
		const p = await graft.classify(ui.text.value, { adapter: ui.adapter.value });
		const ms = performance.now() - begun, percent = (/** @type {number} */ v) => `${(100 * v).toFixed(1)}%`;
		const rows = Object.entries(p.probabilities).sort(([, a], [, b]) => b - a);
		const label = make("b", { textContent: p.label });
		label.dataset.confidence = String(p.confidence);
		ui.result.replaceChildren(
			make("p", { className: "verdict" }, label, ` ${t("confidence")} ${percent(p.confidence)}`),
			make("div", { className: "bars" }, ...rows.flatMap(([name, v]) => [make("span", { textContent: name }), make("meter", { value: v, min: 0, max: 1, ariaLabel: name }), make("span", { className: "number", textContent: percent(v) })])),
			make("p", { className: "faint", textContent: t("took", { ms: ms.toFixed(ms < 10 ? 1 : 0) }) }),
		);
	} catch (problem) {
		complain(problem);
	}
});

element("chat").addEventListener("submit", async (e) => {
	e.preventDefault();
	if (!graft || !talk || !ui.stop.disabled) return;
	complain(undefined);
	const control = new AbortController(), input = ui.message.value, answer = make("p", { className: "assistant" });
	ui.stop.onclick = () => control.abort();
	ui.send.disabled = !(ui.stop.disabled = false);
	ui.message.value = "";
	ui.talk.append(make("p", { className: "user", textContent: input }), answer);
	const options = {
		signal: control.signal, maxTokens: Number(ui.tokens.value), temperature: Number(ui.temperature.value), adapter: ui.adapter.value,
		onDone: (/** @type {import("./graft.mjs").Generation} */ g) =>
			(ui.speed.textContent = t("speed", { n: g.completion_tokens, rate: g.tokens_per_second.toFixed(1), first: g.first_token_ms.toFixed(0) })),
	};
	try {
		const stream = graft.info.chat ? talk.promptStreaming(input, options) : graft.promptStreaming(input, options);
		if (!graft.info.chat) answer.append(make("span", { className: "faint", textContent: input }));
		for await (const text of /** @type {AsyncIterable<string>} */ (/** @type {unknown} */ (stream))) {
			answer.append(text);
			ui.talk.scrollTop = ui.talk.scrollHeight;
		}
	} catch (problem) {
		if (control.signal.aborted) ui.speed.textContent = t("stopped");
		else complain(problem);
	} finally {
		ui.send.disabled = !(ui.stop.disabled = true);
		answer.dataset.done = "1";
	}
});

ui.message.addEventListener("keydown", (e) => {
	if (e.key === "Enter" && !e.shiftKey && !e.isComposing) {
		e.preventDefault();
		/** @type {HTMLFormElement} */ (element("chat")).requestSubmit();
	}
});
element("fresh").addEventListener("click", begin);
ui.adapter.addEventListener("change", choose);
ui.model.addEventListener("change", () => chosen());
ui.file.addEventListener("change", () => ui.file.files?.[0] && show(ui.file.files[0].name, ui.file.files[0], []));
element("from").addEventListener("submit", (e) => {
	e.preventDefault();
	if (ui.url.value.trim()) show(ui.url.value.trim(), ui.url.value.trim(), []);
});

const drop = element("drop");
for (const kind of ["dragover", "dragleave", "drop"]) {
	drop.addEventListener(kind, (e) => {
		e.preventDefault();
		drop.classList.toggle("over", kind === "dragover");
		const file = kind === "drop" ? /** @type {DragEvent} */ (e).dataTransfer?.files[0] : undefined;
		if (file) show(file.name, file, []);
	});
}

const EXAMPLES = ["本季度公司营收同比增长20%,净利润超市场预期", "受宏观经济影响,公司核心业务板块出现15%的下滑", "Profit rose by a fifth, well above what the market expected"];

/** The model of the list that is chosen. */
function chosen() {
	const m = models[ui.model.selectedIndex];
	if (!m) return;
	return show(m.name, m, m.adapters, m.load_in_4bit);
}

/** stored lists what is kept in this browser. */
async function stored() {
	if (!graft) return;
	const [{ entries }, { usage, quota }] = await Promise.all([graft.store.list(), graft.store.quota()]);
	ui.quota.textContent = t("quota", { used: bytes(usage), quota: bytes(quota) });
	ui.entries.replaceChildren(...entries.map((e) =>
		make("li", {}, make("span", { textContent: `${e.name || e.sha256.slice(0, 12)} · ${bytes(e.size)}${e.partial ? ` · ${t("partial")}` : ""}`, title: e.url }),
			make("button", { type: "button", textContent: t("remove"), onclick: () => graft?.store.delete(e.sha256).then(stored, complain) }))));
}

function footer() {
	const has = support();
	ui.footer.textContent = [navigator.serviceWorker?.controller ? t("offline") : t("online"), has.threads ? t("isolated") : t("alone")].join(" · ");
}

/** @param {import("./text.mjs").Language} language */
function switchTo(language) {
	speak(language);
	translate();
	shown();
	footer();
	const none = ui.adapter.querySelector('option[value=""]');
	if (none) none.textContent = t("noAdapter");
	if (graft) stored();
}

for (const b of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-language]"))) {
	b.addEventListener("click", () => {
		const l = /** @type {import("./text.mjs").Language} */ (b.dataset.language);
		localStorage.setItem("language", l);
		switchTo(l);
	});
}

async function start() {
	const wanted = parameters.get("lang") ?? localStorage.getItem("language") ?? navigator.language;
	switchTo(wanted.startsWith("zh") ? "zh" : "en");
	install({
		onUpdate: (apply) => {
			element("update").hidden = false;
			element("apply").onclick = apply;
		},
	}).then((i) => i?.ready).then(() => (footer(), (document.documentElement.dataset.offline = "ready")), () => {});
	const { problem } = support();
	if (problem) {
		complain(problem);
		return state("error");
	}
	try {
		models = (await (await fetch("models.json")).json()).models;
	} catch {
		models = []; // a host without models
	}
	ui.examples.replaceChildren(...EXAMPLES.map((text) => make("button", { type: "button", textContent: text, onclick: () => (ui.text.value = text) })));
	ui.model.replaceChildren(...models.map((m) => make("option", { textContent: m.name })));
	if (models.length === 0) {
		ui.model.append(make("option", { textContent: t("noModels") }));
		state("empty");
		return enable();
	}
	await chosen();
}

start();
