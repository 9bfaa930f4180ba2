// @ts-check
// The Worker's entry: the keeper of the engine, made once for the isolate, beside syumai/workers' handler, whose Go program is
// started for each request.

import engine from "./engine.wasm";
import relaxed from "./kernels_relaxed.wasm";
import simd from "./kernels_simd.wasm";
import bundled from "./bundled.mjs";
import { Keeper } from "./keeper.mjs";
import manifest from "./manifest.mjs";
import worker from "./worker.mjs";

/** @type {any} */ (globalThis).graft = new Keeper(manifest, { engine, kernels: { kernels_simd: simd, kernels_relaxed: relaxed } }, bundled);

export default worker;
