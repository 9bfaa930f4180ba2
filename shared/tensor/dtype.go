package tensor

import "fmt"

// DType is the storage type of a value: a plain number, or a block format in which a fixed number of
// consecutive values of a row share one block of bytes. Package quant knows how blocks are coded.
type DType uint8

// The order is part of the command format (kernels/include/ops.h): append only.
const (
	Invalid DType = iota
	F32
	F16
	BF16
	I32
	U8
	Q8_0
	Q4_0
	Q4_1
	NF4 // 64 values: float32 absmax, then 32 bytes of codes, even value in the high nibble (bitsandbytes)
	Q5_0
	Q5_1
	Q2_K
	Q3_K
	Q4_K
	Q5_K
	Q6_K
	IQ4_NL
)

// dtypes has a row for each DType, in order: its name, the values in a block and the bytes of a block.
var dtypes = [...]struct {
	name          string
	values, bytes int
}{
	Invalid: {"invalid", 1, 0},
	F32:     {"f32", 1, 4},
	F16:     {"f16", 1, 2},
	BF16:    {"bf16", 1, 2},
	I32:     {"i32", 1, 4},
	U8:      {"u8", 1, 1},
	Q8_0:    {"q8_0", 32, 34},
	Q4_0:    {"q4_0", 32, 18},
	Q4_1:    {"q4_1", 32, 20},
	NF4:     {"nf4", 64, 36},
	Q5_0:    {"q5_0", 32, 22},
	Q5_1:    {"q5_1", 32, 24},
	Q2_K:    {"q2_k", 256, 84},
	Q3_K:    {"q3_k", 256, 110},
	Q4_K:    {"q4_k", 256, 144},
	Q5_K:    {"q5_k", 256, 176},
	Q6_K:    {"q6_k", 256, 210},
	IQ4_NL:  {"iq4_nl", 32, 18},
}

// DTypes calls yield for every type but Invalid, in order.
func DTypes(yield func(DType) bool) {
	for d := F32; int(d) < len(dtypes); d++ {
		if !yield(d) {
			return
		}
	}
}

// ParseDType returns the type of that name, as String prints it.
func ParseDType(name string) (DType, error) {
	for d, row := range dtypes {
		if row.name == name && DType(d) != Invalid {
			return DType(d), nil
		}
	}
	return Invalid, fmt.Errorf("tensor: dtype %q is not known", name)
}

func (d DType) row() (values, bytes int) {
	if int(d) >= len(dtypes) {
		return 1, 0
	}
	return dtypes[d].values, dtypes[d].bytes
}

// String is the name in lower case: "f32", "q4_0".
func (d DType) String() string {
	if int(d) >= len(dtypes) {
		return fmt.Sprintf("dtype(%d)", uint8(d))
	}
	return dtypes[d].name
}

// BlockValues is the number of values in a block, 1 for plain numbers.
func (d DType) BlockValues() int { v, _ := d.row(); return v }

// BlockBytes is the size of a block, or of one number.
func (d DType) BlockBytes() int { _, b := d.row(); return b }

// IsBlock reports whether d is a block format.
func (d DType) IsBlock() bool { return d.BlockValues() > 1 }

// IsFloat reports whether values of d are real numbers, stored plainly or in blocks.
func (d DType) IsFloat() bool { return d != Invalid && d != I32 && d != U8 }

// Size is the bytes n values take. n is a multiple of BlockValues.
func (d DType) Size(n int) int { return n / d.BlockValues() * d.BlockBytes() }
