package weights

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"graft/shared/quant"
	"graft/shared/tensor"
)

func TestSafetensorsTypes(t *testing.T) {
	bothWays(t, readFixture(t, "types.safetensors"), func(t *testing.T, f File) {
		src, err := OpenSafetensors(f)
		if err != nil {
			t.Fatal(err)
		}
		defer src.Close()
		for _, c := range []struct {
			name string
			spec tensor.Spec
			want any
		}{
			{"b.f32", tensor.Of(tensor.F32, 2, 3), []float32{0, 0.5, 1, 1.5, 2, 2.5}},
			{"a.f16", tensor.Of(tensor.F16, 5), []float32{-2, -1, 0, 1, 2}},
			{"c.bf16", tensor.Of(tensor.BF16, 2, 2), []float32{0, 3, 6, 9}},
			{"d.i32", tensor.Of(tensor.I32, 3), []int32{1, -2, 3}},
			{"e.i64", tensor.Of(tensor.I32, 1, 2), []int32{-1 << 31, 1<<31 - 1}},
			{"g.u8", tensor.Of(tensor.U8, 2), []byte{0, 255}},
			{"h.i8", tensor.Of(tensor.I32, 3), []int32{-128, 127, 5}},
			{"i.bool", tensor.Of(tensor.U8, 3), []byte{1, 0, 1}},
			{"j.f64", tensor.Of(tensor.F32, 2), []float32{0.1, -2.5}},
			{"l.scalar", tensor.Of(tensor.F32, 1), []float32{7}},
		} {
			got, err := ReadTensor(src, c.name)
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
				continue
			}
			if got.DType != c.spec.DType || !got.Shape.Equal(c.spec.Shape) {
				t.Errorf("%s is %v, want %v", c.name, got.Spec, c.spec)
				continue
			}
			switch want := c.want.(type) {
			case []float32:
				v := make([]float32, len(want))
				quant.Decode(got.DType, v, got.Data)
				sameFloats(t, c.name, v, want)
			case []int32:
				if !slices.Equal(got.Ints(), want) {
					t.Errorf("%s is %v, want %v", c.name, got.Ints(), want)
				}
			case []byte:
				if !bytes.Equal(got.Data, want) {
					t.Errorf("%s is %v, want %v", c.name, got.Data, want)
				}
			}
		}
		// Listed, but of no use.
		for name, parts := range map[string][]string{
			"f.i64 too large": {"f.i64 too large", "value 1 is 2147483648"},
			"k.i16":           {"k.i16", "dtype I16 cannot be used"},
			"m.empty":         {"m.empty", "[0 4] is not a size"},
			"n.rank5":         {"n.rank5", "5 dimensions"},
		} {
			if !slices.Contains(src.Names(), name) {
				t.Errorf("%s is not listed", name)
			}
			_, err := ReadTensor(src, name)
			wantError(t, err, parts...)
		}
		if _, err := ReadTensor(src, "z"); !errors.Is(err, ErrNotFound) {
			t.Errorf("reading what is not there: %v", err)
		}
		if src.Metadata["format"] != "pt" {
			t.Errorf("metadata is %v", src.Metadata)
		}
		if dtype, shape, ok := src.Stored("l.scalar"); dtype != "F32" || len(shape) != 0 || !ok {
			t.Errorf("l.scalar is stored as %s%v, %v", dtype, shape, ok)
		}
		if _, mapped := src.Bytes("b.f32"); mapped != (f.Bytes() != nil) {
			t.Errorf("b.f32 is mapped: %v", mapped)
		}
		checkViews(t, src)
	})
}

// stFile is a file of a header and so many zero bytes of data.
func stFile(header string, data int) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), make([]byte, data)...)
}

func TestSafetensorsHostile(t *testing.T) {
	entry := func(name, dtype, shape, offsets string) string {
		return fmt.Sprintf(`%q:{"dtype":%q,"shape":%s,"data_offsets":%s}`, name, dtype, shape, offsets)
	}
	good := entry("a", "F32", "[2]", "[0,8]")
	length := func(n uint64) []byte { return append(binary.LittleEndian.AppendUint64(nil, n), '{', '}') }
	for _, c := range []struct {
		name string
		file []byte
		want []string
	}{
		{"empty", nil, []string{"too short"}},
		{"seven bytes", make([]byte, 7), []string{"too short"}},
		{"header past the end", length(3), []string{"header of 3 bytes in a file of 10"}},
		{"huge header", length(100_000_001), []string{"over the limit"}},
		{"header of 2^64-1", length(1<<64 - 1), []string{"over the limit"}},
		{"no header", stFile("", 0), []string{"does not begin with {"}},
		{"header is a list", stFile("[]", 0), []string{"does not begin with {"}},
		{"not JSON", stFile(`{"a"`, 0), []string{"header"}},
		{"two values", stFile("{}{}", 0), []string{"more than one"}},
		{"name twice", stFile("{"+good+","+good+"}", 8), []string{"a", "twice"}},
		{"key twice", stFile(`{"a":{"dtype":"F32","dtype":"F16","shape":[2],"data_offsets":[0,8]}}`, 8), []string{"a: dtype", "twice"}},
		{"metadata not text", stFile(`{"__metadata__":{"a":1}}`, 0), []string{"__metadata__: a", "not a string"}},
		{"no dtype", stFile(`{"a":{"shape":[2],"data_offsets":[0,8]}}`, 8), []string{"a: dtype is missing"}},
		{"no shape", stFile(`{"a":{"dtype":"F32","data_offsets":[0,8]}}`, 8), []string{"a: shape is missing"}},
		{"no offsets", stFile(`{"a":{"dtype":"F32","shape":[2]}}`, 8), []string{"a: data_offsets is missing"}},
		{"unknown key", stFile(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":1}}`, 8), []string{"a: x: unknown key"}},
		{"entry is a number", stFile(`{"a":1}`, 0), []string{"a", "expected {"}},
		{"negative size", stFile("{"+entry("a", "F32", "[-2]", "[0,8]")+"}", 8), []string{"a: shape", "-2 is not a size"}},
		{"fraction", stFile("{"+entry("a", "F32", "[2.0]", "[0,8]")+"}", 8), []string{"a: shape", "2.0 is not a size"}},
		{"exponent", stFile("{"+entry("a", "F32", "[2e0]", "[0,8]")+"}", 8), []string{"a: shape", "2e0 is not a size"}},
		{"size is text", stFile("{"+entry("a", "F32", `["2"]`, "[0,8]")+"}", 8), []string{"a: shape", "not a number"}},
		{"many dimensions", stFile("{"+entry("a", "F32", "["+string(bytes.Repeat([]byte("1,"), 70))+"1]", "[0,4]")+"}", 4), []string{"a: shape", "more than 64"}},
		{"one offset", stFile("{"+entry("a", "F32", "[2]", "[8]")+"}", 8), []string{"a: data_offsets"}},
		{"offsets backwards", stFile("{"+entry("a", "F32", "[2]", "[8,0]")+"}", 8), []string{"a: data_offsets are [8 0]"}},
		{"offset of 2^63", stFile("{"+entry("a", "F32", "[2]", "[0,9223372036854775808]")+"}", 8), []string{"a: data_offsets", "not a size"}},
		{"wrong size", stFile("{"+entry("a", "F32", "[3]", "[0,8]")+"}", 8), []string{"a", "takes 12 bytes, data_offsets have 8"}},
		{"shape overflows", stFile("{"+entry("a", "F32", "[4294967296,4294967296]", "[0,0]")+"}", 0), []string{"a", "overflows"}},
		{"bytes overflow", stFile("{"+entry("a", "F64", "[4611686018427387904]", "[0,0]")+"}", 0), []string{"a", "overflows"}},
		{"past the end", stFile("{"+good+"}", 7), []string{"a: ends at byte 8 of the data, which has 7"}},
		{"trailing bytes", stFile("{"+good+"}", 9), []string{"1 bytes follow the last tensor, a"}},
		{"overlap", stFile("{"+good+","+entry("b", "F32", "[2]", "[4,12]")+"}", 12), []string{"b: overlaps a"}},
		{"same bytes", stFile("{"+good+","+entry("b", "F32", "[2]", "[0,8]")+"}", 8), []string{"overlaps"}},
		{"gap", stFile("{"+good+","+entry("b", "F32", "[1]", "[9,13]")+"}", 13), []string{"b: gap after a"}},
		{"gap at the start", stFile("{"+entry("b", "F32", "[1]", "[1,5]")+"}", 5), []string{"b: gap after the start"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := OpenSafetensors(InMemory(c.file))
			wantError(t, err, c.want...)
			_, err = OpenSafetensors(unmapped{InMemory(c.file)})
			wantError(t, err, c.want...)
		})
	}
	for _, header := range []string{"{}", "{ }   ", "{" + good + "}", `{"__metadata__":{},` + good + "}   "} {
		data := 0
		if len(header) > 8 {
			data = 8
		}
		if _, err := OpenSafetensors(InMemory(stFile(header, data))); err != nil {
			t.Errorf("%s: %v", header, err)
		}
	}
	// A type that we have never heard of does not keep the others from being read.
	src, err := OpenSafetensors(InMemory(stFile("{"+good+","+entry("b", "Q9", "[5]", "[8,11]")+"}", 11)))
	if err != nil {
		t.Fatal(err)
	}
	_, err = ReadTensor(src, "b")
	wantError(t, err, "b", `dtype "Q9" is not known`)
	sameFloats(t, "a", floatsOf(t, src, "a"), []float32{0, 0})
}

func TestTruncatedSafetensors(t *testing.T) {
	whole := readFixture(t, "written.safetensors")
	for n := range whole {
		if _, err := OpenSafetensors(InMemory(whole[:n])); err == nil {
			t.Fatalf("the first %d bytes of %d are opened", n, len(whole))
		}
	}
}

func encoded(t *testing.T, name string, d tensor.DType, v []float32, shape ...int) Item {
	t.Helper()
	x := tensor.Make(tensor.Of(d, shape...))
	if err := quant.Encode(d, x.Data, v); err != nil {
		t.Fatal(err)
	}
	return ItemOf(name, x)
}

// The writer's bytes are the reference implementation's.
func TestWriteSafetensors(t *testing.T) {
	got := written(t, func(w io.Writer) error {
		return WriteSafetensors(w, []Item{
			encoded(t, "model.b.weight", tensor.F32, []float32{0, 1, 2, 3, 4, 5}, 2, 3),
			encoded(t, "model.a.weight", tensor.F32, []float32{10, 11, 12, 13, 14, 15}, 3, 2),
			encoded(t, `odd "name" <é>`, tensor.BF16, []float32{1.5, 2.5, 3.5}, 3),
			ItemOf("ids", tensor.FromInts([]int32{5, 6}, 2)),
			encoded(t, "half", tensor.F16, []float32{0.25}, 1, 1),
			itemOfBytes("bytes", tensor.Of(tensor.U8, 3), []byte{1, 2, 3}),
		}, map[string]string{"format": "pt"})
	})
	if want := readFixture(t, "written.safetensors"); !bytes.Equal(got, want) {
		t.Errorf("wrote\n%q\nwant\n%q", got, want)
	}
}

func TestWriteSafetensorsRefuses(t *testing.T) {
	one := ItemOf("a", tensor.FromFloats([]float32{1}, 1))
	for _, c := range []struct {
		want  string
		items []Item
	}{
		{"a: name occurs twice", []Item{one, one}},
		{"q: the format has no type for q8_0", []Item{ItemOf("q", tensor.Make(tensor.Of(tensor.Q8_0, 32)))}},
		{"b: shape [0]", []Item{{"b", tensor.Of(tensor.F32, 0), one.Write}}},
		{"__metadata__ cannot be", []Item{{"__metadata__", one.Spec, one.Write}}},
		{"c: wrote 4 bytes, expected 8", []Item{{"c", tensor.Of(tensor.F32, 2), one.Write}}},
		{"d: disk full", []Item{{"d", one.Spec, func(io.Writer) error { return errors.New("disk full") }}}},
	} {
		wantError(t, WriteSafetensors(io.Discard, c.items, nil), c.want)
	}
	wantError(t, WriteSafetensors(failing{}, []Item{one}, nil), "header: no space")
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("no space") }

// What is written is read again, whatever source it came from.
func TestItemFrom(t *testing.T) {
	src := openFixture(t, "written.safetensors")
	var items []Item
	for _, name := range src.Names() {
		item, err := ItemFrom(src, name)
		if err != nil {
			t.Fatal(err)
		}
		items = append(items, item)
	}
	got := written(t, func(w io.Writer) error {
		return WriteSafetensors(w, items, map[string]string{"format": "pt"})
	})
	if !bytes.Equal(got, readFixture(t, "written.safetensors")) {
		t.Error("a copy differs from the file")
	}
	if _, err := ItemFrom(src, "z"); !errors.Is(err, ErrNotFound) {
		t.Errorf("an item of what is not there: %v", err)
	}
	_, err := ItemFrom(openFixture(t, "types.safetensors"), "k.i16")
	wantError(t, err, "k.i16", "I16")
}

// A tensor at an odd byte is read, but is no view.
func TestViewsAreAligned(t *testing.T) {
	views := 0
	for pad := range 8 {
		header := `{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}` + strings.Repeat(" ", pad)
		src, err := OpenSafetensors(InMemory(stFile(header, 8)))
		if err != nil {
			t.Fatal(err)
		}
		if b, ok := src.Bytes("a"); ok {
			views++
			x := tensor.Tensor{Spec: tensor.Of(tensor.F32, 2), Data: b}
			sameFloats(t, "a", x.Floats(), []float32{0, 0})
		}
		sameFloats(t, "a", floatsOf(t, src, "a"), []float32{0, 0})
	}
	if views != 2 {
		t.Errorf("%d of 8 places are views, want 2", views)
	}
}
