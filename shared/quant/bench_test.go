package quant

import "testing"

// BenchmarkFormats measures how fast a model is quantised, in bytes of float32 a second.
func BenchmarkFormats(b *testing.B) {
	src := noise(1, 1<<14)
	for _, f := range formats {
		if f.Encode == nil || !f.DType.IsBlock() {
			continue
		}
		b.Run(f.Name, func(b *testing.B) {
			dst := make([]byte, f.DType.Size(len(src)))
			b.SetBytes(int64(4 * len(src)))
			for b.Loop() {
				f.Encode(dst, src)
			}
		})
	}
}
