// What the page of the benchmark runs: one engine after the other, each in a tab of its own. run() loads the model, writes
// a little to warm up, then reads a long prompt and writes after it. Times are the page's own clock, in ms.

const clock = () => performance.now();

// Each engine: load(threads) gives {write(prompt, tokens, onToken) → {prompt tokens}, memory()}.
const engines = {
	async graft(threads, model) {
		const { open } = await import("/graft/graft.mjs");
		const g = await open({ model: new URL(model, location).href, threads, context: 1024 });
		return {
			note: g.info.kernels,
			async write(prompt, tokens, onToken) {
				let read = 0;
				for await (const _ of g.promptStreaming(prompt, { raw: true, maxTokens: tokens, onDone: (d) => (read = d.prompt_tokens) })) onToken();
				return read;
			},
			async memory() {
				const m = await g.memory();
				return m.engine + m.kernels;
			},
		};
	},
	async wllama(threads, model) {
		const { Wllama } = await import("/npm/@wllama/wllama/esm/index.js");
		const w = new Wllama({ default: "/npm/@wllama/wllama/esm/wasm/wllama.wasm" }, { suppressNativeLog: true, parallelDownloads: 1 });
		await w.loadModelFromUrl(new URL(model, location).href, { n_threads: threads, n_ctx: 1024, n_gpu_layers: 0 });
		return {
			note: "",
			async write(prompt, tokens, onToken) {
				let read = 0;
				await w.createCompletion({ prompt, max_tokens: tokens, temperature: 0, top_k: 1, cache_prompt: false, stream: true, onData: (d) => {
					read = d.usage?.prompt_tokens ?? d.timings?.prompt_n ?? read;
					onToken();
				} });
				return read || (await w.tokenize(prompt)).length;
			},
			memory: async () => 0,
		};
	},
	async transformers(threads, model) {
		const t = await import("/npm/@huggingface/transformers/dist/transformers.js");
		Object.assign(t.env, { allowRemoteModels: false, allowLocalModels: true, localModelPath: "/onnx/", useBrowserCache: true });
		Object.assign(t.env.backends.onnx.wasm, { wasmPaths: "/npm/onnxruntime-web/dist/", numThreads: threads, proxy: false });
		const tokenizer = await t.AutoTokenizer.from_pretrained(model);
		const m = await t.AutoModelForCausalLM.from_pretrained(model, { dtype: "q4", device: "wasm" });
		return {
			note: "q4",
			async write(prompt, tokens, onToken) {
				const inputs = tokenizer(prompt);
				let first = true; // the prompt comes first
				const streamer = { put: () => (first ? (first = false) : onToken()), end() {} };
				await m.generate({ ...inputs, max_new_tokens: tokens, min_new_tokens: tokens, do_sample: false, streamer });
				return inputs.input_ids.dims[1];
			},
			memory: async () => 0,
		};
	},
};

/** @param {{engine: string, threads: number, model: string, prompt: string, tokens: number}} o */
globalThis.run = async ({ engine, threads, model, prompt, tokens }) => {
	const begun = clock(), e = await engines[engine](threads, model), loaded = clock();
	let first = 0;
	await e.write("Hello", 4, () => (first ||= clock()));
	const times = [], start = clock();
	const read = await e.write(prompt, tokens, () => times.push(clock()));
	return {
		note: e.note, load_ms: loaded - begun, first_token_ms: first - begun, prompt_tokens: read,
		prefill: (1000 * read) / (times[0] - start), decode: (1000 * (times.length - 1)) / (times.at(-1) - times[0]), memory: await e.memory(),
		isolated: crossOriginIsolated,
	};
};

/** swap measures adapters: added from what is stored, and chosen by the request. */
globalThis.swap = async () => {
	const { open } = await import("/graft/graft.mjs");
	const [model] = (await (await fetch("/graft/models.json")).json()).models.map((m) => at(m));
	const g = await open({ model, loadIn4Bit: model.load_in_4bit, threads: 1 });
	const one = model.adapters[0], rounds = 9, text = "公司营收同比增长20%", added = [], same = [], other = [];
	for (let i = 0; i < rounds; i++) {
		const t = clock();
		await g.adapters.add("a", one);
		added.push(clock() - t);
	}
	await g.adapters.add("b", one);
	const classify = async (adapter) => {
		const t = clock();
		await g.classify(text, { adapter });
		return clock() - t;
	};
	await classify("a");
	await classify("b");
	for (let i = 0; i < 4 * rounds; i++) {
		same.push(await classify("a"), await classify("a"));
		await classify("b");
		other.push(await classify("a"));
	}
	g.close();
	const median = (v) => v.sort((a, b) => a - b)[v.length >> 1];
	return { added_ms: median(added.slice(1)), resident_ms: median(other) - median(same), classify_ms: median(same) };

	function at(m) {
		const files = (l) => ({ ...l, files: l.files.map((f) => ({ ...f, url: new URL(f.url, new URL("/graft/", location)).href })) });
		return { ...files(m), adapters: m.adapters.map(files) };
	}
};
