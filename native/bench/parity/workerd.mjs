// The engine in workerd, for the parity suite. PUT /N keeps a file under that number, which the requests name it by; POST / answers
// a request of the protocol.

import module from "./engine.wasm";
import relaxed from "./kernels_relaxed.wasm";
import simd from "./kernels_simd.wasm";
import { Engine } from "./engine.mjs";
import { openKernels } from "./kernels.mjs";
import { ofBytes } from "./source.mjs";

let starting;
const start = async () => {
	const kernels = await openKernels({ threads: 1, compile: async (variant) => (variant === "kernels_simd" ? simd : relaxed) });
	return Engine.start({ module, kernels, log: console.log });
};

export default {
	async fetch(request) {
		const engine = await (starting ??= start()); // within a request: Go asks for random values
		if (request.method === "PUT") {
			const { id } = engine.file("", ofBytes(new Uint8Array(await request.arrayBuffer())));
			return new Response(null, { status: `/${id}` === new URL(request.url).pathname ? 200 : 409 }); // both count from zero
		}
		return Response.json(engine.send(await request.json()));
	},
};
