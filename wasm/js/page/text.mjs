// @ts-check
// What the page says, in its two languages.

/** @typedef {"en"|"zh"} Language */

const texts = {
	tagline: { en: "Language models and adapters in this page; nothing leaves your machine.", zh: "在本页面内运行语言模型与适配器,数据不会离开本机。" },
	language: { en: "Language", zh: "语言" },
	update: { en: "A new version of this page is here.", zh: "本页面有新版本。" },
	reload: { en: "Load it", zh: "立即更新" },
	model: { en: "Model", zh: "模型" },
	adapter: { en: "Adapter", zh: "适配器" },
	noAdapter: { en: "none: the base alone", zh: "无(仅基础模型)" },
	noModels: { en: "no model is served here: open a file or a URL", zh: "此处未提供模型:请打开文件或 URL" },
	openFile: { en: "Open a GGUF file… (or drop it here)", zh: "打开 GGUF 文件…(或拖放到此处)" },
	url: { en: "URL of a .gguf or a folder, or hf:owner/name", zh: ".gguf 或目录的 URL,或 hf:owner/name" },
	open: { en: "Open", zh: "打开" },
	text: { en: "Text", zh: "文本" },
	classify: { en: "Classify", zh: "分类" },
	classifyNow: { en: "Classify", zh: "开始分类" },
	noClassify: { en: "This model has no classes: choose an adapter that has.", zh: "该模型没有分类头:请选择带分类头的适配器。" },
	generate: { en: "Write and chat", zh: "生成与对话" },
	noGenerate: { en: "This model does not write texts.", zh: "该模型不能生成文本。" },
	message: { en: "Message", zh: "消息" },
	continued: { en: "Text to continue (the model has no chat template)", zh: "待续写的文本(该模型没有对话模板)" },
	send: { en: "Send", zh: "发送" },
	stop: { en: "Stop", zh: "停止" },
	fresh: { en: "New", zh: "新对话" },
	tokens: { en: "Tokens", zh: "最多 token" },
	temperature: { en: "Temperature", zh: "温度" },
	stored: { en: "Stored in this browser", zh: "浏览器中已存储的文件" },
	remove: { en: "Delete", zh: "删除" },
	partial: { en: "not whole yet", zh: "未下载完" },
	quota: { en: "{used} used of {quota}", zh: "已用 {used},可用 {quota}" },
	download: { en: "downloading {name}: {done} of {total}", zh: "正在下载 {name}:{done} / {total}" },
	wait: { en: "another tab is downloading {name}; waiting for it", zh: "另一个标签页正在下载 {name},等待中" },
	check: { en: "checking {name}: {done} of {total}", zh: "正在校验 {name}:{done} / {total}" },
	load: { en: "loading {name}: {done} of {total}", zh: "正在加载 {name}:{done} / {total}" },
	opening: { en: "opening {name} …", zh: "正在打开 {name} …" },
	ready: { en: "{name} ({architecture}) is ready: {memory}, {threads}, {kernels}", zh: "{name}({architecture})已就绪:{memory},{threads},{kernels}" },
	oneThread: { en: "1 thread", zh: "1 线程" },
	threads: { en: "{n} threads", zh: "{n} 线程" },
	problem: { en: "Problem: {message}", zh: "出错:{message}" },
	offline: { en: "works offline", zh: "可离线使用" },
	online: { en: "not kept for offline use", zh: "未保存为离线可用" },
	isolated: { en: "threads possible", zh: "可用多线程" },
	alone: { en: "one thread: the page is not isolated", zh: "单线程:页面未隔离" },
	confidence: { en: "confidence", zh: "置信度" },
	took: { en: "{ms} ms", zh: "{ms} 毫秒" },
	speed: { en: "{n} tokens, {rate} tokens/s; first after {first} ms", zh: "{n} 个 token,{rate} token/秒;首个 token {first} 毫秒" },
	stopped: { en: "stopped", zh: "已停止" },
};

/** @typedef {keyof typeof texts} Key */

/** @type {Language} */
let language = "en";

/** The language in use. */
export const current = () => language;

/** @param {Language} l */
export function speak(l) {
	language = l;
}

/**
 * t is a text in the language in use, with its places filled in.
 * @param {Key} key
 * @param {Record<string, string | number>} [fill]
 */
export const t = (key, fill = {}) => texts[key][language].replace(/\{(\w+)\}/g, (_, name) => String(fill[name] ?? ""));

/** translate fills in every element that names a text. */
export function translate() {
	document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
	for (const e of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-t]"))) e.textContent = t(/** @type {Key} */ (e.dataset.t));
	for (const e of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-t-label]"))) e.setAttribute("aria-label", t(/** @type {Key} */ (e.dataset.tLabel)));
	for (const e of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-t-placeholder]"))) e.setAttribute("placeholder", t(/** @type {Key} */ (e.dataset.tPlaceholder)));
	for (const e of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-language]"))) e.setAttribute("aria-pressed", String(e.dataset.language === language));
}
