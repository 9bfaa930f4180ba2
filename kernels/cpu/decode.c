// Values of every storage type from its own row-by-row bytes, in plain C: the same loops as package quant's, exact
// to the bit. Kernels read through it what they have no faster path for.
#include "isa_generic.h"
#include "pack.h"
#include "simd.h"

const float nf4_levels[16] = {
	-1, -0.6961928009986877f, -0.5250730514526367f, -0.39491748809814453f,
	-0.28444138169288635f, -0.18477343022823334f, -0.09105003625154495f, 0,
	0.07958029955625534f, 0.16093020141124725f, 0.24611230194568634f, 0.33791524171829224f,
	0.44070982933044434f, 0.5626170039176941f, 0.7229568362236023f, 1,
};

static const float iq4_nl_levels[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

static float f16(const uint8_t *p) { return f32_from_f16((uint16_t)(p[0] | p[1] << 8)); }

static uint32_t u32(const uint8_t *p) { return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24; }

static void q8_0(const uint8_t *p, float *y) {
	float d = f16(p);
	for (int j = 0; j < 32; j++) y[j] = d * (float)(int8_t)p[2 + j];
}

static void q4_0(const uint8_t *p, float *y) {
	float d = f16(p);
	for (int j = 0; j < 16; j++) {
		y[j] = d * (float)((p[2 + j] & 15) - 8);
		y[j + 16] = d * (float)((p[2 + j] >> 4) - 8);
	}
}

static void q4_1(const uint8_t *p, float *y) {
	float d = f16(p), m = f16(p + 2);
	for (int j = 0; j < 16; j++) {
		y[j] = d * (float)(p[4 + j] & 15) + m;
		y[j + 16] = d * (float)(p[4 + j] >> 4) + m;
	}
}

static void nf4(const uint8_t *p, float *y) {
	float d;
	memcpy(&d, p, 4);
	for (int j = 0; j < 32; j++) {
		y[2 * j] = nf4_levels[p[4 + j] >> 4] * d;
		y[2 * j + 1] = nf4_levels[p[4 + j] & 15] * d;
	}
}

static void q5_0(const uint8_t *p, float *y) {
	float d = f16(p);
	uint32_t h = u32(p + 2);
	for (int j = 0; j < 16; j++) {
		y[j] = d * (float)((int)((p[6 + j] & 15) | (h >> j & 1) << 4) - 16);
		y[j + 16] = d * (float)((int)(p[6 + j] >> 4 | (h >> (j + 16) & 1) << 4) - 16);
	}
}

static void q5_1(const uint8_t *p, float *y) {
	float d = f16(p), m = f16(p + 2);
	uint32_t h = u32(p + 4);
	for (int j = 0; j < 16; j++) {
		y[j] = d * (float)((p[8 + j] & 15) | (h >> j & 1) << 4) + m;
		y[j + 16] = d * (float)(p[8 + j] >> 4 | (h >> (j + 16) & 1) << 4) + m;
	}
}

static void q2_k(const uint8_t *p, float *y) {
	float d = f16(p + 80), m = f16(p + 82);
	for (int g = 0; g < 16; g++) {
		float scale = d * (float)(p[g] & 15), least = m * (float)(p[g] >> 4);
		int shift = g % 8 / 2 * 2;
		const uint8_t *q = p + 16 + g / 8 * 32 + g % 2 * 16;
		for (int j = 0; j < 16; j++) y[g * 16 + j] = scale * (float)(q[j] >> shift & 3) - least;
	}
}

static void q3_k(const uint8_t *p, float *y) {
	float d = f16(p + 108);
	for (int g = 0; g < 16; g++) {
		int low = p[96 + g % 8] >> (g / 8 * 4) & 15, high = p[104 + g % 4] >> (g / 4 * 2) & 3;
		float scale = d * (float)((low | high << 4) - 32);
		int shift = g % 8 / 2 * 2;
		const uint8_t *q = p + 32 + g / 8 * 32 + g % 2 * 16, *h = p + g % 2 * 16;
		for (int j = 0; j < 16; j++) y[g * 16 + j] = scale * (float)(((q[j] >> shift & 3) | (h[j] >> (g / 2) & 1) << 2) - 4);
	}
}

// scale_least_k reads the six-bit scale and minimum of one of eight groups.
static void scale_least_k(const uint8_t *b, int g, int *s, int *t) {
	if (g < 4) {
		*s = b[g] & 63;
		*t = b[g + 4] & 63;
	} else {
		*s = (b[g + 4] & 15) | b[g - 4] >> 6 << 4;
		*t = b[g + 4] >> 4 | b[g] >> 6 << 4;
	}
}

static void q4_k(const uint8_t *p, float *y) {
	float d = f16(p), m = f16(p + 2);
	for (int g = 0; g < 8; g++) {
		int s, t, shift = g % 2 * 4;
		scale_least_k(p + 4, g, &s, &t);
		float scale = d * (float)s, least = m * (float)t;
		const uint8_t *q = p + 16 + g / 2 * 32;
		for (int j = 0; j < 32; j++) y[g * 32 + j] = scale * (float)(q[j] >> shift & 15) - least;
	}
}

static void q5_k(const uint8_t *p, float *y) {
	float d = f16(p), m = f16(p + 2);
	for (int g = 0; g < 8; g++) {
		int s, t, shift = g % 2 * 4;
		scale_least_k(p + 4, g, &s, &t);
		float scale = d * (float)s, least = m * (float)t;
		const uint8_t *q = p + 48 + g / 2 * 32, *h = p + 16;
		for (int j = 0; j < 32; j++)
			y[g * 32 + j] = scale * (float)((q[j] >> shift & 15) | (h[j] >> g & 1) << 4) - least;
	}
}

static void q6_k(const uint8_t *p, float *y) {
	float d = f16(p + 208);
	for (int half = 0; half < 2; half++) {
		const uint8_t *low = p + half * 64, *high = p + 128 + half * 32;
		const int8_t *s = (const int8_t *)p + 192 + half * 8;
		for (int v = 0; v < 128; v += 16) {
			float scale = d * (float)s[v / 16];
			int four = v / 64 * 4, two = v / 32 * 2;
			for (int j = 0; j < 16; j++) {
				int code = (low[v % 64 + j] >> four & 15) | (high[v % 32 + j] >> two & 3) << 4;
				y[half * 128 + v + j] = scale * (float)(code - 32);
			}
		}
	}
}

static void iq4_nl(const uint8_t *p, float *y) {
	float d = f16(p);
	for (int j = 0; j < 16; j++) {
		y[j] = d * iq4_nl_levels[p[2 + j] & 15];
		y[j + 16] = d * iq4_nl_levels[p[2 + j] >> 4];
	}
}

typedef void block_fn(const uint8_t *p, float *y);

static block_fn *const blocks[DT_COUNT] = {
	[DT_Q8_0] = q8_0, [DT_Q4_0] = q4_0, [DT_Q4_1] = q4_1, [DT_NF4] = nf4, [DT_Q5_0] = q5_0, [DT_Q5_1] = q5_1,
	[DT_Q2_K] = q2_k, [DT_Q3_K] = q3_k, [DT_Q4_K] = q4_k, [DT_Q5_K] = q5_k, [DT_Q6_K] = q6_k, [DT_IQ4_NL] = iq4_nl,
};

void decode_values(int dtype, const void *src, int64_t n, float *dst) {
	const uint16_t *h = src;
	switch (dtype) {
	case DT_F32: memcpy(dst, src, n * sizeof *dst); return;
	case DT_F16:
		for (int64_t i = 0; i < n; i++) dst[i] = f32_from_f16(h[i]);
		return;
	case DT_BF16:
		for (int64_t i = 0; i < n; i++) dst[i] = f32_from_bf16(h[i]);
		return;
	}
	const uint8_t *p = src;
	for (int64_t i = 0; i < n; i += dtype_block(dtype), p += dtype_bytes(dtype, dtype_block(dtype))) blocks[dtype](p, dst + i);
}
