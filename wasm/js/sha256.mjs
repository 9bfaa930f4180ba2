// @ts-check
// SHA-256 (FIPS 180-4) of bytes as they come. WebCrypto's digest wants all bytes at once, which a model of a gigabyte
// that is still being downloaded cannot give.

// The fractions of the square and cube roots of the first primes, by 32 bits each.
const K = new Int32Array(64), H = new Int32Array(8);
for (let n = 2, i = 0; i < 64; n++) {
	let prime = true;
	for (let d = 2; d * d <= n && prime; d++) prime = n % d !== 0;
	if (!prime) continue;
	if (i < 8) H[i] = ((Math.sqrt(n) % 1) * 2 ** 32) | 0;
	K[i++] = ((Math.cbrt(n) % 1) * 2 ** 32) | 0;
}

export class SHA256 {
	#state = H.slice();
	#block = new Uint8Array(64);
	#words = new Int32Array(64);
	#filled = 0; // bytes of #block
	#size = 0; // bytes in all

	/**
	 * @param {Uint8Array} data
	 * @returns {this}
	 */
	update(data) {
		this.#size += data.length;
		let at = 0;
		if (this.#filled > 0) {
			at = Math.min(64 - this.#filled, data.length);
			this.#block.set(data.subarray(0, at), this.#filled);
			this.#filled += at;
			if (this.#filled < 64) return this;
			this.#compress(this.#block, 0);
			this.#filled = 0;
		}
		for (; at + 64 <= data.length; at += 64) this.#compress(data, at);
		this.#block.set(data.subarray(at));
		this.#filled = data.length - at;
		return this;
	}

	/** The digest of all bytes, as 64 hexadecimal digits. Nothing may be added afterwards. */
	hex() {
		const size = this.#size, end = new Uint8Array(this.#filled < 56 ? 64 - this.#filled : 128 - this.#filled);
		end[0] = 0x80;
		new DataView(end.buffer).setBigUint64(end.length - 8, BigInt(size) * 8n);
		this.update(end);
		return Array.from(this.#state, (w) => (w >>> 0).toString(16).padStart(8, "0")).join("");
	}

	/**
	 * @param {Uint8Array} data
	 * @param {number} at
	 */
	#compress(data, at) {
		const w = this.#words, s = this.#state, k = K;
		for (let i = 0; i < 16; i++, at += 4) w[i] = (data[at] << 24) | (data[at + 1] << 16) | (data[at + 2] << 8) | data[at + 3];
		for (let i = 16; i < 64; i++) {
			const x = w[i - 15], y = w[i - 2];
			const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
			const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
			w[i] = (((w[i - 16] + s0) | 0) + ((w[i - 7] + s1) | 0)) | 0;
		}
		let a = s[0], b = s[1], c = s[2], d = s[3], e = s[4], f = s[5], g = s[6], h = s[7];
		for (let i = 0; i < 64; i++) { // every sum is brought back to 32 bits, so that it stays an integer
			const S1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
			const t1 = (((((h + S1) | 0) + ((e & f) ^ (~e & g))) | 0) + ((k[i] + w[i]) | 0)) | 0;
			const S0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
			const t2 = (S0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
			h = g; g = f; f = e; e = (d + t1) | 0;
			d = c; c = b; b = a; a = (t1 + t2) | 0;
		}
		s[0] += a; s[1] += b; s[2] += c; s[3] += d; s[4] += e; s[5] += f; s[6] += g; s[7] += h;
	}
}
