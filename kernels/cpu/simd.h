// Vectors under one set of names, and the functions of one argument that kernels need.
//
// A kernel family is one source, <family>.inc.h, compiled once for each instruction set by <family>_<isa>.c:
//
//	//go:build amd64
//
//	#include "isa_avx2.h"
//	#include "rmsnorm.inc.h"
//
// (.inc.h and not .inc, because the go command only watches .h files for changes.) The source includes simd.h, ends
// the names of its kernels by ISA_NAME(name), and has everything else static. isa_*.h is all there is to an
// instruction set: it sets the compiler's target for the file (no flags needed) and defines, for vectors of VL lanes,
//
//	vf, vi, vm                    floats, int32s, a choice of lanes
//	vf_load, vf_store             any alignment;  vf_load_n(p, n): the first n lanes, others 0, nothing read past them
//	vf_set1 zero add sub mul div min max abs neg sqrt round
//	                              min and max give the second operand when one is NaN; round: nearest, ties to even
//	vf_fma(a, b, c)               a·b + c, fused where the instruction set can;  vf_fnma: c - a·b
//	vf_lt le eq -> vm             false for NaN;  vf_sel(m, a, b): a where chosen, else b
//	vf_sum, vf_hmax               over the lanes, in a fixed order (halves added)
//	vf_sums4(y, a, b, c, d)       the sums of four vectors to y[0..4);  vf_transpose(r): VL vectors as a square
//	vi_set1 iota load store add sub mul and or xor shl shr sar gt eq sel   (shr logical, sar arithmetic)
//	vf_from_vi, vi_from_vf        convert (nearest even);  vf_cast, vi_cast: the same bits
//	vf_scale2(x, n)               x·2ⁿ for whole n of -252 to 254
//	vf_load_f16 bf16 i8, vi_load_i8, vf_store_f16, vi_store_u16 i8         VL values of another type
//	vm_first(n), vm_and, vm_or, vm_any
//
// A new instruction set is one isa_*.h, a three-line file per family, and a column in dispatch.c.
//
// Contraction: cgo compiles with -std=c11, under which gcc does not fuse a*b+c by itself, and isa_*.h says the same to
// clang. Multiplications and additions are fused where vf_fma says so and nowhere else.
#ifndef GRAFT_SIMD_H
#define GRAFT_SIMD_H

#ifndef GRAFT_ISA
#error "include an isa_*.h first"
#endif

#define VF_INF vf_set1(__builtin_inff())

// vf_exp is eˣ to 1.5 ulp; it goes to 0 below -103.97 (through subnormals) and to infinity above 88.72. NaN stays.
INLINE vf vf_exp(vf x) {
	x = vf_max(vf_set1(-104.0f), vf_min(vf_set1(89.0f), x)); // x second, so that NaN passes
	vf n = vf_round(vf_mul(x, vf_set1(1.44269504f)));
	vf r = vf_fnma(n, vf_set1(0.693145752f), x); // ln 2 in two parts; the first has 16 bits, so n times it is exact
	r = vf_fnma(n, vf_set1(1.42860677e-6f), r);
	vf p = vf_fma(vf_set1(0.00138131424f), r, vf_set1(0.00836941879f));
	p = vf_fma(p, r, vf_set1(0.041668456f));
	p = vf_fma(p, r, vf_set1(0.166665152f));
	p = vf_fma(p, r, vf_set1(0.49999994f));
	p = vf_add(vf_fma(vf_mul(p, r), r, r), vf_set1(1));
	return vf_scale2(p, n);
}

// vf_log is the natural logarithm to 1.5 ulp (2 near 1) of positive normal x; 0 gives -inf, negative x and NaN give NaN.
INLINE vf vf_log(vf x) {
	vi b = vi_cast(x);
	vi e = vi_sar(vi_sub(b, vi_set1(0x3f3504f3)), 23); // so that the mantissa m is in [√½, √2)
	vf m = vf_cast(vi_sub(b, vi_shl(e, 23))), k = vf_from_vi(e);
	vf f = vf_sub(m, vf_set1(1)), s = vf_div(f, vf_add(m, vf_set1(1))), t = vf_mul(s, s);
	vf p = vf_fma(vf_set1(0.118053339f), t, vf_set1(0.142679408f));
	p = vf_fma(p, t, vf_set1(0.200001776f));
	p = vf_fma(p, t, vf_set1(0.333333313f));
	// log m = 2·atanh s = f - s·(f - 2t·p), which does not round f
	vf l = vf_sub(f, vf_mul(s, vf_sub(f, vf_mul(vf_add(t, t), p))));
	l = vf_add(vf_fma(k, vf_set1(1.42860677e-6f), l), vf_mul(k, vf_set1(0.693145752f)));
	l = vf_sel(vf_lt(vf_zero(), x), l, vf_set1(__builtin_nanf("")));
	l = vf_sel(vf_eq(x, VF_INF), x, l);
	return vf_sel(vf_eq(x, vf_zero()), vf_neg(VF_INF), l);
}

// vf_sigmoid is 1/(1+e⁻ˣ) to 3 ulp.
INLINE vf vf_sigmoid(vf x) { return vf_div(vf_set1(1), vf_add(vf_set1(1), vf_exp(vf_neg(x)))); }

// vf_tanh is to 3 ulp.
INLINE vf vf_tanh(vf x) {
	vf a = vf_abs(x), t = vf_mul(x, x);
	vf p = vf_fma(vf_set1(-0.00571703678f), t, vf_set1(0.0206505787f));
	p = vf_fma(p, t, vf_set1(-0.0537434965f));
	p = vf_fma(p, t, vf_set1(0.133314908f));
	p = vf_fma(p, t, vf_set1(-0.333332837f));
	vf small = vf_fma(vf_mul(p, t), x, x);
	vf big = vf_sub(vf_set1(1), vf_div(vf_set1(2), vf_add(vf_exp(vf_add(a, a)), vf_set1(1))));
	big = vf_sel(vf_lt(x, vf_zero()), vf_neg(big), big);
	return vf_sel(vf_lt(a, vf_set1(0.625f)), small, big);
}

// vf_erf1 is 1 + erf(x) to 1e-6 relative, 4e-6 where x < -4; there it is erfc(-x) and does not cancel.
INLINE vf vf_erf1(vf x) {
	vf a = vf_abs(x), t = vf_mul(x, x);
	vf p = vf_fma(vf_set1(7.8891193e-05f), t, vf_set1(-0.000802084105f));
	p = vf_fma(p, t, vf_set1(0.00518953521f));
	p = vf_fma(p, t, vf_set1(-0.0268544443f));
	p = vf_fma(p, t, vf_set1(0.112836003f));
	p = vf_fma(p, t, vf_set1(-0.37612626f));
	p = vf_fma(p, t, vf_set1(1.12837911f));
	vf small = vf_fma(p, x, vf_set1(1));
	// erfc(a) = e^(-a²)·u·Q(u), u = 2/(2+a), for a of 1 to 10; past that it is 0 in float32
	vf u = vf_div(vf_set1(2), vf_add(a, vf_set1(2)));
	vf q = vf_fma(vf_set1(-0.0392918102f), u, vf_set1(0.223452315f));
	q = vf_fma(q, u, vf_set1(-0.409362644f));
	q = vf_fma(q, u, vf_set1(0.225671783f));
	q = vf_fma(q, u, vf_set1(-0.00686523085f));
	q = vf_fma(q, u, vf_set1(0.198695481f));
	q = vf_fma(q, u, vf_set1(0.243436411f));
	q = vf_fma(q, u, vf_set1(0.282383949f));
	q = vf_fma(q, u, vf_set1(0.282084227f));
	vf c = vf_mul(vf_exp(vf_neg(t)), vf_mul(u, q));
	c = vf_sel(vf_lt(x, vf_zero()), c, vf_sub(vf_set1(2), c));
	c = vf_sel(vf_lt(a, vf_set1(1)), small, c);
	return vf_sel(vf_eq(x, x), c, x); // NaN
}

// f32_sincos writes the sine and cosine of x[0..n) to 1 ulp of 1; |x| below 1e9.
INLINE void f32_sincos(const float *x, float *sine, float *cosine, int64_t n) {
	for (int64_t i = 0; i < n; i++) {
		const double magic = 0x1.8p52; // adding and taking it rounds to a whole number, which its low bits hold
		double y = (double)x[i], k = y * 0.63661977236758134 + magic;
		int64_t bits;
		memcpy(&bits, &k, 8);
		k -= magic;
		float r = (float)((y - k * 1.5707963267948966) - k * 6.123233995736766e-17), t = r * r;
		float s = r + r * t * (-0.166666672f + t * (0.00833332911f + t * (-0.000198391761f + t * 2.71681006e-06f)));
		float c = 1.0f - 0.5f * t + t * t * (0.0416666679f + t * (-0.00138888834f + t * (2.47993503e-05f - t * 2.71963017e-07f)));
		float a = bits & 1 ? c : s, b = bits & 1 ? s : c;
		sine[i] = bits & 2 ? -a : a;
		cosine[i] = (bits + 1) & 2 ? -b : b;
	}
}

// vf_to_bf16 rounds to the nearest bfloat16, ties to even, in the low half of each lane. NaN stays NaN.
INLINE vi vf_to_bf16(vf x) {
	vi b = vi_cast(x), odd = vi_and(vi_shr(b, 16), vi_set1(1));
	vi r = vi_shr(vi_add(vi_add(b, vi_set1(0x7fff)), odd), 16);
	vi nan = vi_or(vi_shr(b, 16), vi_set1(0x40));
	return vi_sel(vi_gt(vi_and(b, vi_set1(0x7fffffff)), vi_set1(0x7f800000)), nan, r);
}
INLINE void vf_store_bf16(uint16_t *p, vf x) { vi_store_u16(p, vf_to_bf16(x)); }

// Scalars of the same conversions.
INLINE float f32_from_bf16(uint16_t h) {
	uint32_t b = (uint32_t)h << 16;
	float f;
	memcpy(&f, &b, 4);
	return f;
}
INLINE float f32_from_f16(uint16_t h) {
	uint16_t t[VL] = {h};
	float f[VL];
	vf_store(f, vf_load_f16(t));
	return f[0];
}
INLINE uint16_t f16_from_f32(float x) {
	uint16_t t[VL];
	vf_store_f16(t, vf_set1(x));
	return t[0];
}

#endif
