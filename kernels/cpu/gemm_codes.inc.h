// Rows of activations as integers: blocks of 32 values with one scale, as int8 (scale = greatest/127) or int16
// (greatest/limit). A NaN or infinite value makes its block's scale NaN, so that it is seen in the results.
//
// For each block there are also sum, scale·Σq, which meets formats with a minimum, and lead, what a sum of products
// with unsigned weight codes starts from to become that of signed ones; half is the lead of the first 16 values, kept
// for the format that has scales for so many (q6_k). A row's codes take code_row bytes.

typedef struct {
	uint8_t *code;
	float *scale, *sum;
	int32_t *lead, *half;
	int64_t blocks, code_row;
	int bits, limit, centre; // centre: what weight codes are above their signed values
} codes;

// codes_row is the bytes from a row's codes to the next's: an odd number of cache lines, so that rows of 2ⁿ values do
// not all fall into the same few sets of the cache.
INLINE int64_t codes_row(int64_t blocks, int bits) { return (ceil_div(blocks * 4 * bits, 64) | 1) * 64; }

// codes_place lays rows of k values out from p on; codes_bytes is what they take.
INLINE size_t codes_bytes(int64_t rows, int64_t k, int bits) {
	int64_t blocks = ceil_div(k, 32);
	return rows * codes_row(blocks, bits) + 4 * round_up(rows * blocks * 4, 64);
}

INLINE codes codes_place(uint8_t *p, int64_t rows, int64_t k, int bits, int limit, int centre) {
	codes c = {.code = p, .blocks = ceil_div(k, 32), .bits = bits, .limit = limit, .centre = centre};
	int64_t side = round_up(rows * c.blocks * 4, 64);
	c.code_row = codes_row(c.blocks, bits);
	p += rows * c.code_row;
	c.scale = (float *)p;
	c.sum = (float *)(p + side);
	c.lead = (int32_t *)(p + 2 * side);
	c.half = (int32_t *)(p + 3 * side);
	return c;
}
