// Rows of a value of any type, read as float32 or written from it. Included after simd.h.
#ifndef GRAFT_ROWS_H
#define GRAFT_ROWS_H

#include "pack.h"
#include "simd.h"

// row_load reads row r of w as float32.
INLINE void row_load(const operand *w, int64_t r, float *y) {
	int64_t n = w->cols, i = 0;
	if (w->dtype == DT_F32) {
		memcpy(y, (const float *)w->data + r * n, (size_t)n * sizeof(float));
		return;
	}
	if (w->dtype == DT_F16 || w->dtype == DT_BF16) {
		const uint16_t *p = (const uint16_t *)w->data + r * n;
		for (; i + VL <= n; i += VL)
			vf_store(y + i, w->dtype == DT_F16 ? vf_load_f16(p + i) : vf_load_bf16(p + i));
		for (; i < n; i++)
			y[i] = w->dtype == DT_F16 ? f32_from_f16(p[i]) : f32_from_bf16(p[i]);
		return;
	}
	packed_row_decode(w->dtype, w->layout, w->data, w->rows, n, r, y);
}

// q8_0_store writes 32 values as one block. Codes are rounded half away from zero, as the format's definition has it.
INLINE void q8_0_store(uint8_t *block, const float *x) {
	vf top = vf_zero();
	for (int i = 0; i < 32; i += VL)
		top = vf_max(vf_abs(vf_load(x + i)), top);
	float d = vf_hmax(top) / 127;
	uint16_t h = f16_from_f32(d);
	memcpy(block, &h, 2);
	const vf inv = vf_set1(d == 0 ? 0 : 1 / d), half = vf_set1(0.5f), zero = vf_zero();
	for (int i = 0; i < 32; i += VL) {
		vf v = vf_mul(vf_load(x + i), inv), r = vf_round(v), off = vf_sub(v, r);
		r = vf_sel(vm_and(vf_eq(off, half), vf_lt(zero, v)), vf_add(r, vf_set1(1)), r);
		r = vf_sel(vm_and(vf_eq(off, vf_neg(half)), vf_lt(v, zero)), vf_sub(r, vf_set1(1)), r);
		r = vf_sel(vf_eq(r, r), vf_max(vf_set1(-128), vf_min(vf_set1(127), r)), zero); // NaN is 0
		vi_store_i8((int8_t *)block + 2 + i, vi_from_vf(r));
	}
}

// row_store writes row r of w, which is f32, f16, bf16 or q8_0.
INLINE void row_store(const operand *w, int64_t r, const float *x) {
	int64_t n = w->cols, i = 0;
	if (w->dtype == DT_F32) {
		memcpy((float *)w->data + r * n, x, (size_t)n * sizeof(float));
	} else if (w->dtype == DT_Q8_0) {
		for (; i < n; i += 32)
			q8_0_store((uint8_t *)w->data + (r * n + i) / 32 * 34, x + i);
	} else {
		uint16_t *p = (uint16_t *)w->data + r * n;
		for (; i < n; i += VL) {
			uint16_t tail[VL];
			uint16_t *to = n - i < VL ? tail : p + i;
			vf v = n - i < VL ? vf_load_n(x + i, (int)(n - i)) : vf_load(x + i);
			if (w->dtype == DT_F16)
				vf_store_f16(to, v);
			else
				vf_store_bf16(to, v);
			if (to == tail)
				memcpy(p + i, tail, (size_t)(n - i) * 2);
		}
	}
}

#endif
