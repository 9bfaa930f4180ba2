// The packed layout of q4_k, q5_k and q6_k. See pack.h.
#include <string.h>

#include "pack.h"

// Scales and minimums of q4_k and q5_k are six bits each; in a row's own bytes those of columns 32·g on lie so:
static void own_scales(const uint8_t *b, int g, int *s, int *t) {
	*s = g < 4 ? b[g] & 63 : (b[g + 4] & 15) | b[g - 4] >> 6 << 4;
	*t = g < 4 ? b[g + 4] & 63 : b[g + 4] >> 4 | b[g] >> 6 << 4;
}
static void put_own_scales(uint8_t *b, int g, int s, int t) {
	if (g < 4) {
		b[g] |= s;
		b[g + 4] |= t;
	} else {
		b[g + 4] |= (s & 15) | (t & 15) << 4;
		b[g - 4] |= s >> 4 << 6;
		b[g] |= t >> 4 << 6;
	}
}

// bits is where one part of a code lies: so many bits of *at, from shift on.
typedef struct {
	uint8_t *at;
	int shift, count;
} bits;

static int get(bits b) { return *b.at >> b.shift & ((1 << b.count) - 1); }
static void put(bits b, int value) { *b.at |= (value & ((1 << b.count) - 1)) << b.shift; }

// own_bits are the low four bits of the code of column 32·g + k, high_bits those above, in a row's own bytes.
static bits own_bits(int dtype, uint8_t *row, int g, int k) {
	if (dtype == DT_Q6_K) {
		int v = g % 4 * 32 + k;
		return (bits){row + g / 4 * 64 + v % 64, v / 64 * 4, 4};
	}
	return (bits){row + (dtype == DT_Q4_K ? 16 : 48) + g / 2 * 32 + k, g % 2 * 4, 4};
}
static bits own_high(int dtype, uint8_t *row, int g, int k) {
	if (dtype == DT_Q6_K) return (bits){row + 128 + g / 4 * 32 + k, g % 4 * 2, 2};
	return (bits){row + 16 + k, g, 1};
}

// The same of row n in the packed layout.
static bits packed_bits(uint8_t *code, int n, int k) {
	int j = k % 16;
	return (bits){code + j / 4 * 64 + n * 4 + j % 4, k / 16 * 4, 4};
}
static bits packed_high(int dtype, uint8_t *code, int n, int k) {
	uint8_t *at = code + 256 + n * 4 + k % 4;
	return dtype == DT_Q6_K ? (bits){at + k / 16 * 64, k % 16 / 4 * 2, 2} : (bits){at, k / 4, 1};
}

// pack_row puts a row's 256 columns into place n of a packed super-block that was zero there.
static void pack_row(int dtype, uint8_t *super, int n, const uint8_t *from) {
	uint8_t *row = (uint8_t *)from;
	if (dtype == DT_Q6_K) {
		memcpy(super + n * 2, row + 208, 2);
		for (int i = 0; i < 16; i++) super[32 + i * 16 + n] = row[192 + i];
	} else {
		memcpy(super + n * 2, row, 2);
		memcpy(super + 32 + n * 2, row + 2, 2);
		for (int g = 0, s, t; g < 8; g++) {
			own_scales(row + 4, g, &s, &t);
			super[64 + g * 16 + n] = (s & 15) | (t & 15) << 4;
			super[192 + g % 4 * 16 + n] |= (s >> 4 | t >> 4 << 2) << g / 4 * 4;
		}
	}
	for (int g = 0; g < 8; g++) {
		uint8_t *code = (uint8_t *)packed_k_at(dtype, super, g).code;
		for (int k = 0; k < 32; k++) {
			put(packed_bits(code, n, k), get(own_bits(dtype, row, g, k)));
			if (dtype != DT_Q4_K) put(packed_high(dtype, code, n, k), get(own_high(dtype, row, g, k)));
		}
	}
}

void unpack_k_row(int dtype, const uint8_t *from, int n, uint8_t *row) {
	uint8_t *super = (uint8_t *)from;
	memset(row, 0, dtype_bytes(dtype, 256));
	if (dtype == DT_Q6_K) {
		memcpy(row + 208, super + n * 2, 2);
		for (int i = 0; i < 16; i++) row[192 + i] = super[32 + i * 16 + n];
	} else {
		memcpy(row, super + n * 2, 2);
		memcpy(row + 2, super + 32 + n * 2, 2);
		for (int g = 0; g < 8; g++) {
			int low = super[64 + g * 16 + n], high = super[192 + g % 4 * 16 + n] >> g / 4 * 4 & 15;
			put_own_scales(row + 4, g, (low & 15) | (high & 3) << 4, low >> 4 | high >> 2 << 4);
		}
	}
	for (int g = 0; g < 8; g++) {
		uint8_t *code = (uint8_t *)packed_k_at(dtype, super, g).code;
		for (int k = 0; k < 32; k++) {
			put(own_bits(dtype, row, g, k), get(packed_bits(code, n, k)));
			if (dtype != DT_Q4_K) put(own_high(dtype, row, g, k), get(packed_high(dtype, code, n, k)));
		}
	}
}

void pack_k_group(int dtype, uint8_t *group, int64_t cols, const uint8_t *rows) {
	size_t row = dtype_bytes(dtype, cols), super = dtype_bytes(dtype, 256);
	memset(group, 0, row * PACK_ROWS);
	for (size_t at = 0; at < row; at += super)
		for (int n = 0; n < PACK_ROWS; n++) pack_row(dtype, group + at * PACK_ROWS, n, rows + n * row + at);
}

void unpack_k_group(int dtype, uint8_t *rows, int64_t cols, const uint8_t *group) {
	size_t row = dtype_bytes(dtype, cols), super = dtype_bytes(dtype, 256);
	for (size_t at = 0; at < row; at += super)
		for (int n = 0; n < PACK_ROWS; n++) unpack_k_row(dtype, group + at * PACK_ROWS, n, rows + n * row + at);
}
