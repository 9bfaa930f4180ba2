// How block weights lie in memory: row by row as their format has it, or in groups of 16 rows interleaved so
// that one vector load holds codes of 8 or 16 rows (LAYOUT_PACKED16). Both take the same bytes, so repacking
// is done in place, once, when a weight is bound.
//
// A group is 16 rows × cols, at byte 16·row bytes·g. It is a run of pairs of 32-column blocks, each pair a
// header of the 2·16 scales, then the codes of the one block and of the other; an odd last block stands alone.
//
//	q4_0, q8_0  header f16 d[blocks][16]
//	q4_1        header f16 d[blocks][16], f16 m[blocks][16]
//	nf4         header f32 absmax[16]: its blocks are 64 columns, so there is no odd one
//
// Codes of a block, for row n of the group and column k of the block:
//
//	8 bits      byte (k/4)·64 + n·4 + k%4, two's complement                            512 bytes
//	4 bits      byte (j/4)·64 + n·4 + j%4 with j = k%16; k < 16 in the low nibble       256 bytes
//
// q4_k, q5_k and q6_k are runs of super-blocks of 256 columns, each a header and the codes of its eight blocks:
//
//	q4_k, q5_k  f16 d[16], f16 dmin[16]; of the six-bit scales s and minimums t, for block b and row n:
//	            u8 [8][16] low four bits, s | t·16; u8 [4][16] the others, (s | t·4)·16^(b/4) at [b%4]
//	q6_k        f16 d[16], i8 scale[16][16]: for each 16 columns
//
// Their blocks' codes are those of 4 bits above, then the bits that are more, at byte n·4 + k%4 of 64:
//
//	q5_k        bit k/4
//	q6_k        bits (k%16)/4·2 and up; k ≥ 16 in the second 64 bytes
//
// Rows past the last whole group stay row by row, at the place they had.
#ifndef GRAFT_PACK_H
#define GRAFT_PACK_H

#include <stddef.h>
#include <stdint.h>

#include "../include/ops.h"

enum { PACK_ROWS = 16, PACK_COLS = 32 };

// pack_supported says whether weights of dtype have the layout PACKED16.
int pack_supported(int dtype);

// dtype_bytes is the size of cols values of dtype, a whole number of blocks.
size_t dtype_bytes(int dtype, int64_t cols);

// dtype_block is the number of values in a block of dtype, 1 for plain numbers.
int dtype_block(int dtype);

// pack16 turns from, rows × cols of a supported dtype row by row, into PACKED16 at to, which may be from itself.
// tmp holds 16 rows.
void pack16(int dtype, int64_t rows, int64_t cols, const void *from, void *to, void *tmp);

// unpack16 is the inverse of pack16.
void unpack16(int dtype, int64_t rows, int64_t cols, const void *from, void *to, void *tmp);

// decode_values writes n values, a whole number of blocks, that lie at src row by row.
void decode_values(int dtype, const void *src, int64_t n, float *dst);

// packed_row_decode writes one row of w, in any dtype that holds real numbers and either layout.
void packed_row_decode(int dtype, int layout, const void *w, int64_t rows, int64_t cols, int64_t row, float *dst);

// pack_shape is what the kernels must know of a packed format: bytes of a block's share of the header and of
// its codes.
typedef struct {
	int header, codes;
} pack_shape;
pack_shape pack_shape_of(int dtype);

// packed_block is where the parts of 32-column block b of a group lie.
typedef struct {
	const uint8_t *scale; // d or absmax of 16 rows
	const uint8_t *least; // m of 16 rows, q4_1 only
	const uint8_t *code;
} packed_block;

static inline packed_block packed_at(const uint8_t *group, const int header, const int codes, const int64_t b, const int64_t blocks) {
	const uint8_t *p = group + (b >> 1) * 2 * (header + codes);
	int odd = b & 1, two = (b | 1) < blocks ? 2 : 1;
	packed_block r;
	r.scale = p + odd * 32;
	r.least = r.scale + two * 32;
	r.code = p + two * header + odd * codes;
	return r;
}

// is_k says whether dtype has super-blocks.
static inline int is_k(const int dtype) { return dtype == DT_Q4_K || dtype == DT_Q5_K || dtype == DT_Q6_K; }

// packed_k is where the parts of 32-column block b of a group lie: the header of its super-block, its codes.
typedef struct {
	const uint8_t *header, *code;
} packed_k;

static inline packed_k packed_k_at(const int dtype, const uint8_t *group, const int64_t b) {
	const int header = dtype == DT_Q6_K ? 288 : 256, codes = dtype == DT_Q4_K ? 256 : dtype == DT_Q5_K ? 320 : 384;
	const uint8_t *p = group + (b >> 3) * (header + 8 * codes);
	return (packed_k){p, p + header + (b & 7) * codes};
}

// pack_k_group packs 16 rows, unpack_k_group undoes it; unpack_k_row gives row n of one super-block.
void pack_k_group(int dtype, uint8_t *group, int64_t cols, const uint8_t *rows);
void unpack_k_group(int dtype, uint8_t *rows, int64_t cols, const uint8_t *group);
void unpack_k_row(int dtype, const uint8_t *super, int n, uint8_t *row);

extern const float nf4_levels[16];

#endif
