// @ts-check
// The Service Worker: the page's files work without a network, and on hosts that cannot send headers it makes the page
// cross-origin isolated, so that there can be threads. Models are not its business (store.mjs).
//
// A classic script without imports, since not every browser has modules here. Registered as sw.mjs?v=<version>, which install.mjs
// does: another version is another script, so the browser installs it beside the old one. Files of one version are kept together
// in one cache; the page decides when the new one takes over. shell.json, beside this file, tells the version and its files:
//
//	{"version": "…", "files": ["./", "page.css", "graft.mjs", …], "fresh": ["models.json"]}
//
// Files that are fresh are asked for from the network first, and kept for when there is none.

const scope = /** @type {any} */ (self);
const PREFIX = `graft-shell ${scope.registration.scope} `;
const CACHE = PREFIX + (new URL(location.href).searchParams.get("v") ?? "");
const FRESH = "x-graft-fresh";

/** What makes a page and its Workers isolated. */
const ISOLATION = {
	"Cross-Origin-Opener-Policy": "same-origin",
	"Cross-Origin-Embedder-Policy": "require-corp",
	"Cross-Origin-Resource-Policy": "same-origin",
};

/**
 * @param {Response} answer
 * @param {Record<string, string>} [more]
 */
function isolated(answer, more = {}) {
	if (answer.status === 0) return answer; // opaque
	const headers = new Headers(answer.headers);
	for (const name of ["Content-Encoding", "Content-Length"]) headers.delete(name); // of the way here
	for (const [name, value] of Object.entries({ ...ISOLATION, ...more })) headers.set(name, value);
	return new Response(answer.body, { status: answer.status, statusText: answer.statusText, headers });
}

async function install() {
	const answer = await fetch("shell.json", { cache: "no-store" });
	if (!answer.ok) throw new Error(`shell.json answers ${answer.status}`);
	/** @type {{files: string[], fresh?: string[]}} */
	const { files, fresh = [] } = await answer.clone().json();
	const cache = await caches.open(CACHE);
	await cache.put("shell.json", isolated(answer, { [FRESH]: "1" }));
	await Promise.all([...files, ...fresh].map(async (file) => {
		const a = await fetch(file, { cache: "no-cache" });
		if (!a.ok) throw new Error(`${file} answers ${a.status}`);
		await cache.put(file, isolated(a, fresh.includes(file) ? { [FRESH]: "1" } : {}));
	}));
}

async function activate() {
	for (const name of await caches.keys()) {
		if (name.startsWith(PREFIX) && name !== CACHE) await caches.delete(name);
	}
	await scope.clients.claim();
}

/** @param {Request} request */
async function respond(request) {
	const cache = await caches.open(CACHE), kept = await cache.match(request, { ignoreSearch: true, ignoreVary: true });
	if (kept && !kept.headers.has(FRESH)) return kept;
	try {
		const answer = await fetch(request);
		if (!kept || !answer.ok) return request.mode === "navigate" ? isolated(answer) : answer;
		const fresh = isolated(answer, { [FRESH]: "1" });
		await cache.put(request, fresh.clone());
		return fresh;
	} catch (e) {
		if (kept) return kept;
		throw e;
	}
}

scope.addEventListener("install", (/** @type {any} */ e) => e.waitUntil(install()));
scope.addEventListener("activate", (/** @type {any} */ e) => e.waitUntil(activate()));
scope.addEventListener("message", (/** @type {any} */ e) => e.data === "take over" && scope.skipWaiting());
scope.addEventListener("fetch", (/** @type {any} */ e) => {
	const { request } = e;
	if (request.method !== "GET" || !request.url.startsWith(scope.registration.scope) || request.headers.has("Range")) return;
	e.respondWith(respond(request));
});
