// The engine in a Worker, by lines as wasm/js/node/host.mjs has them: {"threads": n} starts it, {"files": {"0": "url"}} names
// files, all else is a request of the protocol.
import { Engine } from "/engine.mjs";
import { openKernels } from "/kernels.mjs";
import { ofBytes } from "/source.mjs";
import { spawn } from "/threads.mjs";

let engine;
const numbers = new Map();
const compile = (url) => WebAssembly.compileStreaming(fetch(url));
const bytes = async (url) => new Uint8Array(await (await fetch(url)).arrayBuffer());
const renumbered = (body) => (body?.files ? { ...body, files: body.files.map((f) => ({ ...f, id: numbers.get(f.id) ?? -1 })) } : body);

async function answer(line) {
	const { protocol, threads, files, ...rest } = JSON.parse(line);
	if (threads) {
		const kernels = await openKernels({ threads, spawn, compile: (variant) => compile(`/${variant}.wasm`) });
		if (kernels.threads !== threads) throw new Error(`${kernels.threads} threads, expected ${threads}`);
		engine = await Engine.start({ module: await compile("/engine.wasm"), kernels });
		return {};
	}
	if (files) {
		for (const [number, url] of Object.entries(files)) numbers.set(Number(number), engine.file(url, ofBytes(await bytes(url))).id);
		return {};
	}
	return engine.send({ protocol, ...Object.fromEntries(Object.entries(rest).map(([k, v]) => [k, renumbered(v)])) });
}

addEventListener("message", async ({ data }) => {
	let out;
	try {
		out = await answer(data);
	} catch (e) {
		out = { protocol: 1, error: { code: e.code ?? "internal", message: String(e.message ?? e) } };
	}
	postMessage(JSON.stringify(out));
});
