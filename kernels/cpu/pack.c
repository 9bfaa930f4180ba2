// Repacking of block weights and reading of single rows. See pack.h for the layouts.
#include "pack.h"

#include <string.h>

#include "isa_generic.h"
#include "simd.h"

#define SIZES(type, name, values, bytes) [type] = {values, bytes},
static const struct {
	int values, bytes;
} sizes[DT_COUNT] = {GRAFT_DTYPES(SIZES)};

int dtype_block(int dtype) { return sizes[dtype].values; }

size_t dtype_bytes(int dtype, int64_t cols) { return (size_t)(cols / sizes[dtype].values) * sizes[dtype].bytes; }

pack_shape pack_shape_of(int dtype) {
	switch (dtype) {
	case DT_Q4_0: return (pack_shape){32, 256};
	case DT_Q4_1: return (pack_shape){64, 256};
	case DT_Q8_0: return (pack_shape){32, 512};
	case DT_NF4: return (pack_shape){32, 256};
	}
	return (pack_shape){0, 0};
}

int pack_supported(int dtype) { return is_k(dtype) || pack_shape_of(dtype).codes != 0; }

// place is where code k of row n of a block goes, and its shift.
static int place4(int n, int k, int *shift) {
	int j = k % 16;
	*shift = k / 16 * 4;
	return j / 4 * 64 + n * 4 + j % 4;
}

// code4 reads code k of a 32-column block from the format's own bytes; codes start at src.
static int code4(int dtype, const uint8_t *src, int k) {
	if (dtype == DT_NF4) return k % 2 ? src[k / 2] & 15 : src[k / 2] >> 4;
	return k < 16 ? src[k] & 15 : src[k - 16] >> 4;
}

static void put4(int dtype, uint8_t *dst, int k, int code) {
	if (dtype == DT_NF4) {
		dst[k / 2] |= k % 2 ? code : code << 4;
	} else {
		dst[k % 16] |= k < 16 ? code : code << 4;
	}
}

// own_block is where the parts of 32-column block b lie in a row as its format has it.
typedef struct {
	int scale, least, code; // bytes from the row's start; least -1: none
	int scale_bytes;
} own_block;

static own_block own_at(int dtype, int64_t b) {
	switch (dtype) {
	case DT_Q4_0: return (own_block){b * 18, -1, b * 18 + 2, 2};
	case DT_Q4_1: return (own_block){b * 20, b * 20 + 2, b * 20 + 4, 2};
	case DT_Q8_0: return (own_block){b * 34, -1, b * 34 + 2, 2};
	default: return (own_block){b / 2 * 36, -1, b / 2 * 36 + 4 + b % 2 * 16, 4};
	}
}

static void pack_group(int dtype, uint8_t *group, int64_t cols, const uint8_t *rows) {
	if (is_k(dtype)) {
		pack_k_group(dtype, group, cols, rows);
		return;
	}
	pack_shape s = pack_shape_of(dtype);
	int64_t blocks = cols / PACK_COLS;
	size_t row = dtype_bytes(dtype, cols);
	for (int64_t b = 0; b < blocks; b++) {
		packed_block p = packed_at(group, s.header, s.codes, b, blocks);
		own_block o = own_at(dtype, b);
		uint8_t *code = (uint8_t *)p.code;
		if (s.codes == 256) memset(code, 0, 256);
		for (int n = 0; n < PACK_ROWS; n++) {
			const uint8_t *src = rows + n * row;
			if (dtype == DT_NF4) {
				if (b % 2 == 0) memcpy((uint8_t *)p.scale + n * 4, src + o.scale, 4);
			} else {
				memcpy((uint8_t *)p.scale + n * 2, src + o.scale, 2);
			}
			if (o.least >= 0) memcpy((uint8_t *)p.least + n * 2, src + o.least, 2);
			if (s.codes == 512) {
				for (int k = 0; k < 32; k += 4) memcpy(code + k * 16 + n * 4, src + o.code + k, 4);
				continue;
			}
			for (int k = 0; k < 32; k++) {
				int shift, at = place4(n, k, &shift);
				code[at] |= code4(dtype, src + o.code, k) << shift;
			}
		}
	}
}

static void unpack_group(int dtype, uint8_t *rows, int64_t cols, const uint8_t *group) {
	if (is_k(dtype)) {
		unpack_k_group(dtype, rows, cols, group);
		return;
	}
	pack_shape s = pack_shape_of(dtype);
	int64_t blocks = cols / PACK_COLS;
	size_t row = dtype_bytes(dtype, cols);
	memset(rows, 0, row * PACK_ROWS);
	for (int64_t b = 0; b < blocks; b++) {
		packed_block p = packed_at(group, s.header, s.codes, b, blocks);
		own_block o = own_at(dtype, b);
		for (int n = 0; n < PACK_ROWS; n++) {
			uint8_t *dst = rows + n * row;
			if (dtype == DT_NF4) {
				if (b % 2 == 0) memcpy(dst + o.scale, p.scale + n * 4, 4);
			} else {
				memcpy(dst + o.scale, p.scale + n * 2, 2);
			}
			if (o.least >= 0) memcpy(dst + o.least, p.least + n * 2, 2);
			for (int k = 0; k < 32; k++) {
				if (s.codes == 512) {
					dst[o.code + k] = p.code[k / 4 * 64 + n * 4 + k % 4];
					continue;
				}
				int shift, at = place4(n, k, &shift);
				put4(dtype, dst + o.code, k, p.code[at] >> shift & 15);
			}
		}
	}
}

typedef void group_fn(int dtype, uint8_t *to, int64_t cols, const uint8_t *from);

static void each_group(group_fn *change, int dtype, int64_t rows, int64_t cols, const void *from, void *to, void *tmp) {
	size_t row = dtype_bytes(dtype, cols), bytes = row * PACK_ROWS;
	for (int64_t g = 0; g < rows / PACK_ROWS; g++) {
		memcpy(tmp, (const uint8_t *)from + g * bytes, bytes);
		change(dtype, (uint8_t *)to + g * bytes, cols, tmp);
	}
	size_t done = rows / PACK_ROWS * bytes;
	if (to != from)
		memcpy((uint8_t *)to + done, (const uint8_t *)from + done, rows % PACK_ROWS * row);
}

void pack16(int dtype, int64_t rows, int64_t cols, const void *from, void *to, void *tmp) {
	each_group(pack_group, dtype, rows, cols, from, to, tmp);
}

void unpack16(int dtype, int64_t rows, int64_t cols, const void *from, void *to, void *tmp) {
	each_group(unpack_group, dtype, rows, cols, from, to, tmp);
}

static float f16_at(const void *p) {
	uint16_t h;
	memcpy(&h, p, 2);
	return f32_from_f16(h);
}

static float level4(int dtype, int code, float d, float m) {
	switch (dtype) {
	case DT_Q4_0: return d * (float)(code - 8);
	case DT_Q4_1: return d * (float)code + m;
	}
	return nf4_levels[code] * d;
}

void packed_row_decode(int dtype, int layout, const void *w, int64_t rows, int64_t cols, int64_t row, float *dst) {
	if (layout == LAYOUT_ROWS || row >= rows / PACK_ROWS * PACK_ROWS) {
		decode_values(dtype, (const uint8_t *)w + row * dtype_bytes(dtype, cols), cols, dst);
		return;
	}
	pack_shape s = pack_shape_of(dtype);
	int64_t blocks = cols / PACK_COLS;
	int n = row % PACK_ROWS;
	const uint8_t *group = (const uint8_t *)w + row / PACK_ROWS * PACK_ROWS * dtype_bytes(dtype, cols);
	if (is_k(dtype)) {
		uint8_t own[256];
		size_t bytes = dtype_bytes(dtype, 256);
		for (int64_t c = 0; c < cols; c += 256, group += PACK_ROWS * bytes, dst += 256) {
			unpack_k_row(dtype, group, n, own);
			decode_values(dtype, own, 256, dst);
		}
		return;
	}
	for (int64_t b = 0; b < blocks; b++, dst += PACK_COLS) {
		packed_block p = packed_at(group, s.header, s.codes, b, blocks);
		float d, m = 0;
		if (dtype == DT_NF4) {
			memcpy(&d, p.scale - b % 2 * 32 + n * 4, 4);
		} else {
			d = f16_at(p.scale + n * 2);
		}
		if (dtype == DT_Q4_1) m = f16_at(p.least + n * 2);
		for (int k = 0; k < 32; k++) {
			if (s.codes == 512) {
				dst[k] = d * (float)(int8_t)p.code[k / 4 * 64 + n * 4 + k % 4];
				continue;
			}
			int shift, at = place4(n, k, &shift);
			dst[k] = level4(dtype, p.code[at] >> shift & 15, d, m);
		}
	}
}
