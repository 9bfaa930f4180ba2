// @ts-check
// Starts the studio: its Go program, and the Service Worker that keeps it for when there is no network.

import "./ports.mjs";
import { install } from "./install.mjs";

// vugu evaluates its helper script as text, which the page's security policy forbids; vugu.js is that script as a file.
const evaluate = globalThis.eval;
globalThis.eval = /** @type {any} */ (() => (globalThis.eval = evaluate));
const go = new (/** @type {any} */ (globalThis).Go)();
const { instance } = await WebAssembly.instantiateStreaming(fetch("studio.wasm"), go.importObject);
go.run(instance).then(() => /** @type {any} */ (globalThis).graftPorts.page.crashed(""));
install({ onUpdate: (apply) => apply() }).then((worker) => worker?.ready).then(() => (document.documentElement.dataset.offline = "ready"));
