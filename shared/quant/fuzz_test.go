package quant

import "testing"

// FuzzFormats: any bytes are blocks of some values, and any values have blocks.
func FuzzFormats(f *testing.F) {
	f.Add([]byte{0, 0, 0x80, 0x7f, 0xff, 0xff, 0xff, 0xff, 1, 2, 3})
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, row := range formats {
			size := row.DType.BlockBytes()
			blocks := make([]byte, size*((len(b)+size-1)/size+1))
			copy(blocks, b)
			values := make([]float32, len(blocks)/size*row.DType.BlockValues())
			row.Decode(values, blocks)
			if row.Encode != nil {
				row.Encode(blocks, values)
			}
			if to := Widened(row.DType); to != row.DType {
				Widen(row.DType, make([]byte, to.Size(len(values))), blocks)
			}
		}
	})
}
