package parquet

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"graft/shared/dataset"
)

func TestRead(t *testing.T) {
	labelled := []dataset.Row{{Line: 1, Text: "营收增长", Label: "1"}, {Line: 2, Text: "say \"no\"\n", Label: "0"}, {Line: 3, Text: "third", Label: "1"}}
	chat := []dataset.Row{
		{Line: 1, Messages: []dataset.Message{{Role: "user", Content: "q"}, {Role: "assistant", Content: "a"}}},
		{Line: 2, Messages: []dataset.Message{{Role: "user", Content: "q2"}, {Role: "assistant", Content: "a2"}}}}
	for name, want := range map[string][]dataset.Row{
		"snappy": labelled, "zstd": labelled, "gzip": labelled, "none": labelled,
		"categories": {{Line: 1, Text: "a", Label: "neg"}, {Line: 2, Text: "b", Label: "pos"}},
		"messages":   chat,
	} {
		o := dataset.Columns{}
		if name == "messages" {
			o.Form = dataset.CausalLM
		}
		got, err := Read(filepath.Join("testdata", name+".parquet"), o)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !reflect.DeepEqual(got.Rows, want) {
			t.Errorf("%s: got %+v, expected %+v", name, got.Rows, want)
		}
	}
}

func TestReadErrors(t *testing.T) {
	_, err := Read(filepath.Join("testdata", "snappy.parquet"), dataset.Columns{Text: "content"})
	if err == nil || !strings.Contains(err.Error(), `snappy.parquet:1: key "content" is missing, got`) {
		t.Errorf("a missing column: %v", err)
	}
	if _, err := Read(filepath.Join("testdata", "make.py"), dataset.Columns{}); err == nil || !strings.Contains(err.Error(), "make.py: ") {
		t.Errorf("no Parquet file: %v", err)
	}
}

// FuzzRead changes files: a damaged one is an error or other rows, never a panic.
func FuzzRead(f *testing.F) {
	for _, name := range []string{"snappy", "none", "messages"} {
		b, err := os.ReadFile(filepath.Join("testdata", name+".parquet"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
		f.Add(b[:len(b)/2])
		for i := 5; i < len(b); i += 97 {
			c := bytes.Clone(b)
			c[i] ^= 0x55
			f.Add(c)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		table, err := read(bytes.NewReader(data), int64(len(data)), "f.parquet", dataset.Columns{})
		if (table == nil) == (err == nil) {
			t.Fatalf("table %v with error %v", table, err)
		}
	})
}
