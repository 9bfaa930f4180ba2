// @ts-check
// Installs the Service Worker, on the page's side: what makes it work offline, isolated, and up to date.

/**
 * install registers sw.mjs in the version that shell.json tells, and keeps to the one it has while there is no network.
 * @param {object} [options]
 * @param {string | URL} [options.folder] where sw.mjs and shell.json are; default: the page's
 * @param {(apply: () => void) => void} [options.onUpdate] a new version waits; apply takes it, and loads the page again
 * @returns {Promise<{ready: Promise<unknown>} | undefined>} ready: everything is there for when the network is not; undefined: it cannot be had
 */
export async function install({ folder = "./", onUpdate } = {}) {
	const workers = globalThis.navigator?.serviceWorker, at = (/** @type {string} */ file) => new URL(file, new URL(folder, location.href));
	if (!workers) return undefined;
	const had = workers.controller;
	let registration;
	try {
		const { version } = await (await fetch(at("shell.json"), { cache: "no-store" })).json();
		const script = at("sw.mjs");
		script.searchParams.set("v", version);
		registration = await workers.register(script, { updateViaCache: "none" });
	} catch {
		registration = await workers.getRegistration(); // no network
	}
	if (!registration) return undefined;
	const apply = () => {
		workers.addEventListener("controllerchange", () => location.reload(), { once: true });
		registration.waiting?.postMessage("take over");
	};
	const watch = (/** @type {ServiceWorker | null} */ next) =>
		next?.addEventListener("statechange", () => {
			if (next.state === "installed" && had) onUpdate?.(apply);
		});
	if (registration.waiting && had) onUpdate?.(apply);
	watch(registration.installing);
	registration.addEventListener("updatefound", () => watch(registration.installing));
	const ready = workers.ready.then(isolate);
	return { ready };
}

/** isolate loads the page once more where only the Service Worker can send the headers that isolate it. */
async function isolate() {
	const workers = navigator.serviceWorker, once = "graft-isolated";
	if (globalThis.crossOriginIsolated || sessionStorage.getItem(once)) return;
	if (!workers.controller) await new Promise((resolve) => workers.addEventListener("controllerchange", resolve, { once: true }));
	sessionStorage.setItem(once, "1");
	location.reload();
}
