package weights

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"
)

// ggufBytes builds files that no writer would.
type ggufBytes []byte

func (b ggufBytes) u32(v ...uint32) ggufBytes {
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, x)
	}
	return b
}

func (b ggufBytes) u64(v ...uint64) ggufBytes {
	for _, x := range v {
		b = binary.LittleEndian.AppendUint64(b, x)
	}
	return b
}

func (b ggufBytes) str(s string) ggufBytes { return append(b.u64(uint64(len(s))), s...) }

// tensor appends a description with dimensions innermost first.
func (b ggufBytes) tensor(name string, typ uint32, offset uint64, dims ...uint64) ggufBytes {
	return b.str(name).u32(uint32(len(dims))).u64(dims...).u32(typ).u64(offset)
}

// data pads to a multiple of 32 and appends n bytes.
func (b ggufBytes) data(n int) ggufBytes {
	b = append(b, make([]byte, align(int64(len(b)), 32)-int64(len(b)))...)
	return append(b, make([]byte, n)...)
}

func header(tensors, pairs uint64) ggufBytes { return ggufBytes("GGUF").u32(3).u64(tensors, pairs) }

func TestGGUFHostile(t *testing.T) {
	const f32, q4, i64 = 0, 2, 27
	array := func(depth int) ggufBytes {
		b := header(0, 1).str("k").u32(ggufArray)
		for range depth {
			b = b.u32(ggufArray).u64(1)
		}
		return b.u32(ggufUint8).u64(0)
	}
	for _, c := range []struct {
		name string
		file []byte
		want []string
	}{
		{"empty", nil, []string{"header"}},
		{"another magic", ggufBytes("GGML").u32(3).u64(0, 0), []string{`begins with "GGML"`}},
		{"version 1", ggufBytes("GGUF").u32(1).u64(0, 0), []string{"version is 1"}},
		{"version 4", ggufBytes("GGUF").u32(4).u64(0, 0), []string{"version is 4"}},
		{"big-endian", ggufBytes("GGUF").u32(0x03000000).u64(0, 0), []string{"big-endian"}},
		{"many tensors", header(1<<60, 0), []string{"tensors are over the limit"}},
		{"more tensors than bytes", header(1000, 0), []string{"1000 tensors do not fit"}},
		{"many pairs", header(0, 1<<60), []string{"metadata pairs are over the limit"}},
		{"more pairs than bytes", header(0, 1000), []string{"1000 metadata pairs do not fit"}},
		{"long key", header(0, 1).u64(1 << 62).u64(0), []string{"metadata key 0", "over the limit"}},
		{"key past the end", header(0, 1).u64(100).u64(0), []string{"metadata key 0", "do not fit"}},
		{"key twice", header(0, 2).str("k").u32(ggufUint32, 1).str("k").u32(ggufUint32, 1), []string{"metadata key k occurs twice"}},
		{"unknown value type", header(0, 1).str("k").u32(13, 0), []string{"metadata k", "value type 13"}},
		{"unknown element type", header(0, 1).str("k").u32(ggufArray, 13).u64(0), []string{"metadata k", "array of value type 13"}},
		{"boolean of 2", append(header(0, 1).str("k").u32(ggufBool), 2), []string{"metadata k", "boolean is 2"}},
		{"long string", header(0, 1).str("k").u32(ggufString).u64(1 << 63), []string{"metadata k", "over the limit"}},
		{"string past the end", header(0, 1).str("k").u32(ggufString).u64(9), []string{"metadata k", "do not fit in the 0 bytes left"}},
		{"long array", header(0, 1).str("k").u32(ggufArray, ggufUint8).u64(1 << 40), []string{"metadata k", "over the limit"}},
		{"array past the end", header(0, 1).str("k").u32(ggufArray, ggufUint64).u64(2, 1), []string{"metadata k", "2 array elements do not fit"}},
		{"array of strings past the end", header(0, 1).str("k").u32(ggufArray, ggufString).u64(1000), []string{"metadata k", "do not fit"}},
		{"nested arrays", array(5), []string{"metadata k", "nested more than 4 deep"}},
		{"alignment of 0", header(0, 1).str("general.alignment").u32(ggufUint32, 0), []string{"general.alignment is 0"}},
		{"alignment of 24", header(0, 1).str("general.alignment").u32(ggufUint32, 24), []string{"general.alignment is 24"}},
		{"alignment of 2^31", header(0, 1).str("general.alignment").u32(ggufUint32, 1<<31), []string{"general.alignment is 2147483648"}},
		{"five dimensions", header(1, 0).tensor("x", f32, 0, 1, 1, 1, 1, 1).data(32), []string{"x", "5 dimensions"}},
		{"2^32-1 dimensions", header(1, 0).str("x").u32(1<<32-1, 0, 0, 0, 0), []string{"x", "4294967295 dimensions"}},
		{"dimension of 0", header(1, 0).tensor("x", f32, 0, 0).data(0), []string{"x", "dimension 0"}},
		{"dimension of 2^63", header(1, 0).tensor("x", f32, 0, 1<<63).data(0), []string{"x", "not a size"}},
		{"shape overflows", header(1, 0).tensor("x", f32, 0, 1<<40, 1<<40).data(0), []string{"x", "overflows"}},
		{"bytes overflow", header(1, 0).tensor("x", f32, 0, 1<<31, 1<<31).data(0), []string{"x", "not a size"}},
		{"not a block", header(1, 0).tensor("x", q4, 0, 33, 2).data(64), []string{"x", "rows of 33 values do not divide"}},
		{"offset not aligned", header(1, 0).tensor("x", f32, 8, 1).data(64), []string{"x", "offset 8 is not a multiple of 32"}},
		{"offset of 2^63", header(1, 0).tensor("x", f32, 1<<63, 1).data(64), []string{"x", "offset"}},
		{"offset wraps", header(1, 0).tensor("x", f32, 1<<62, 1<<36).data(64), []string{"x: ends at byte"}},
		{"past the end", header(1, 0).tensor("x", f32, 0, 9).data(32), []string{"x: ends at byte 36 of the data, which has 32"}},
		{"begins past the end", header(1, 0).tensor("x", f32, 64, 1).data(32), []string{"x: ends at byte 68"}},
		{"no data", header(1, 0).tensor("x", f32, 0, 1), []string{"gguf"}},
		{"overlap", header(2, 0).tensor("x", f32, 0, 16).tensor("y", f32, 32, 8).data(64), []string{"y: overlaps x"}},
		{"name twice", header(2, 0).tensor("x", f32, 0, 8).tensor("x", f32, 32, 8).data(64), []string{"x", "occurs twice"}},
		{"same checkpoint name", header(2, 0).tensor("output.weight", f32, 0, 8).tensor("lm_head.weight", f32, 32, 8).data(64), []string{"occurs twice"}},
		{"long name", header(1, 0).u64(1 << 20).data(1 << 21), []string{"tensor 0", "over the limit"}},
		{"heads do not divide", header(1, 2).str("general.architecture").u32(ggufString).str("llama").
			str("llama.attention.head_count").u32(ggufUint32, 3).tensor("blk.0.attn_q.weight", f32, 0, 1, 8).data(32), []string{"blk.0.attn_q.weight", "8 rows do not divide into pairs of 3 heads"}},
		{"no heads", header(0, 2).str("general.architecture").u32(ggufString).str("llama").
			str("llama.attention.head_count").u32(ggufUint32, 0), []string{"llama.attention.head_count is 0"}},
		{"heads by layer", header(0, 2).str("general.architecture").u32(ggufString).str("llama").
			str("llama.attention.head_count_kv").u32(ggufArray, ggufUint32).u64(2).u32(1, 2), []string{"differs between layers"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := OpenGGUF(InMemory(c.file))
			wantError(t, err, append(c.want, "gguf: ")...)
		})
	}

	// A type that is not read is listed, and does not keep the others from being read.
	g, err := OpenGGUF(InMemory(header(2, 0).tensor("x", i64, 0, 2).tensor("y", f32, 32, 8).data(64)))
	if err != nil {
		t.Fatal(err)
	}
	_, err = ReadTensor(g, "x")
	wantError(t, err, "x", "ggml type I64 is not read")
	if !slices.Equal(g.Names(), []string{"x", "y"}) {
		t.Errorf("names are %q", g.Names())
	}
	sameFloats(t, "y", floatsOf(t, g, "y"), make([]float32, 8))
	if _, err := OpenGGUF(InMemory(array(3))); err != nil {
		t.Errorf("arrays in arrays: %v", err)
	}
	if _, err := OpenGGUF(InMemory(bytes.Replace(readFixture(t, "tiny.gguf"), []byte{3, 0, 0, 0}, []byte{2, 0, 0, 0}, 1))); err != nil {
		t.Errorf("version 2: %v", err)
	}
}

func TestTruncatedGGUF(t *testing.T) {
	whole := readFixture(t, "tiny.gguf")
	for n := range whole[:len(whole)-32] {
		if _, err := OpenGGUF(InMemory(whole[:n])); err == nil {
			t.Fatalf("the first %d bytes of %d are opened", n, len(whole))
		}
	}
}
