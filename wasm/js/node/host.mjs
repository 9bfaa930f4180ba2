#!/usr/bin/env node
// @ts-check
// The engine in Node, for tests: reads one request of the protocol a line from standard input, and writes one answer a line.
//
//	node host.mjs engine.wasm [folder of kernels_*.wasm] [threads]
//
// A line {"files": {"0": "path", …}} names files by number; requests name them by these numbers. Without a folder the
// engine computes on Go's reference device. It keeps to the protocol, so an answer may be an error; that ends nothing.

import { closeSync, fstatSync, openSync, readFileSync, readSync } from "node:fs";
import { createInterface } from "node:readline";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { Engine } from "../engine.mjs";
import { openKernels } from "../kernels.mjs";

const [enginePath, kernelsPath, threads = "1"] = process.argv.slice(2);

/** @param {string} path @returns {import("../source.mjs").Source} */
function source(path) {
	const fd = openSync(path, "r"), part = Buffer.alloc(8 << 20); // between: Node does not read into shared memory
	return {
		size: fstatSync(fd).size,
		read(offset, into) {
			let done = 0;
			while (done < into.length) {
				const n = readSync(fd, part, 0, Math.min(part.length, into.length - done), offset + done);
				if (n === 0) break;
				into.set(part.subarray(0, n), done);
				done += n;
			}
			return done;
		},
		close: () => closeSync(fd),
	};
}

/** @type {import("../kernels.mjs").KernelOptions["spawn"]} */
const spawn = (module, memory) =>
	new Promise((resolve, reject) => {
		const worker = new Worker(new URL("thread.mjs", import.meta.url), { workerData: { module, memory } });
		worker.unref();
		worker.once("error", reject);
		worker.once("message", () => resolve({ serve: (job) => worker.postMessage(job), end: () => void worker.terminate() }));
	});

const compile = (/** @type {string} */ path) => WebAssembly.compile(readFileSync(path));
const kernels = kernelsPath ? await openKernels({ threads: Number(threads), spawn, compile: (variant) => compile(join(kernelsPath, `${variant}.wasm`)) }) : undefined;
const word = new Int32Array(new SharedArrayBuffer(4));
const engine = await Engine.start({ module: await compile(enginePath), kernels, log: (line) => process.stderr.write(line + "\n"), sleep: (ms) => Atomics.wait(word, 0, 0, ms) });

/** @type {Map<number, number>} from a number of the requests to the engine's */
const numbers = new Map();

/** Replaces the numbers of files in a request. @param {any} body */
function renumbered(body) {
	return body?.files ? { ...body, files: body.files.map((/** @type {{name: string, id: number}} */ f) => ({ ...f, id: numbers.get(f.id) ?? -1 })) } : body;
}

for await (const line of createInterface({ input: process.stdin })) {
	if (!line.trim()) continue;
	let answer;
	try {
		const { protocol, files, ...rest } = JSON.parse(line);
		if (files) {
			for (const [number, path] of Object.entries(files)) numbers.set(Number(number), engine.file(path, source(path)).id);
			continue;
		}
		answer = engine.send({ protocol, ...Object.fromEntries(Object.entries(rest).map(([k, v]) => [k, renumbered(v)])) });
	} catch (e) {
		const { code = "internal", message } = /** @type {any} */ (e);
		answer = { protocol: 1, error: { code, message } };
	}
	process.stdout.write(JSON.stringify(answer) + "\n");
}
kernels?.close();
