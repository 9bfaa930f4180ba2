// @ts-check
// Starts the studio: its Go program, and the Service Worker that keeps it for when there is no network.

import "./ports.mjs";
import { install } from "./install.mjs";

// vugu evaluates a helper script as text once; everything else is a file.
const go = new (/** @type {any} */ (globalThis).Go)();
const { instance } = await WebAssembly.instantiateStreaming(fetch("studio.wasm"), go.importObject);
go.run(instance).then(() => /** @type {any} */ (globalThis).graftPorts.page.crashed(""));
install({ onUpdate: (apply) => apply() }).then((worker) => worker?.ready).then(() => (document.documentElement.dataset.offline = "ready"));
