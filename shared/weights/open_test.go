package weights

import (
	"errors"
	"io"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"graft/shared/tensor"
)

// stBytes is a safetensors file of tensors of one value, which is the length of the name.
func stBytes(t testing.TB, names ...string) []byte {
	t.Helper()
	var items []Item
	for _, name := range names {
		items = append(items, ItemOf(name, tensor.FromFloats([]float32{float32(len(name))}, 1)))
	}
	return written(t, func(w io.Writer) error { return WriteSafetensors(w, items, nil) })
}

func dir(files map[string][]byte) fs.FS {
	m := fstest.MapFS{}
	for name, b := range files {
		m[name] = &fstest.MapFile{Data: b}
	}
	return m
}

func TestOpenDirectories(t *testing.T) {
	index := []byte(`{"metadata":{"total_size":8},"weight_map":{"b":"2.safetensors","aa":"1.safetensors"}}`)
	for _, c := range []struct {
		name  string
		files map[string][]byte
		want  string
	}{
		{"one file", map[string][]byte{singleName: stBytes(t, "x"), "tokenizer.json": nil}, "x"},
		{"one file before the index", map[string][]byte{singleName: stBytes(t, "x"), indexName: index}, "x"},
		{"shards", map[string][]byte{indexName: index, "1.safetensors": stBytes(t, "aa"), "2.safetensors": stBytes(t, "b")}, "aa b"},
		{"a shard with more", map[string][]byte{indexName: index, "1.safetensors": stBytes(t, "aa", "b"), "2.safetensors": stBytes(t, "b", "c")}, "aa b"},
		{"gguf", map[string][]byte{"m.gguf": readFixture(t, "tiny.gguf")}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			src, err := Open(dir(c.files))
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(src.Names(), " "); c.want != "" && got != c.want {
				t.Errorf("names are %q, want %q", got, c.want)
			}
			checkViews(t, src)
			for _, name := range strings.Fields(c.want) {
				sameFloats(t, name, floatsOf(t, src, name), []float32{float32(len(name))})
			}
			if _, ok := src.Spec("no such"); ok {
				t.Error("a spec of what is not there")
			}
			if err := src.Read("no such", nil); !errors.Is(err, ErrNotFound) {
				t.Errorf("reading what is not there: %v", err)
			}
			if err := src.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestOpenRefuses(t *testing.T) {
	index := func(weightMap string) []byte { return []byte(`{"weight_map":{` + weightMap + `}}`) }
	one := stBytes(t, "a")
	for _, c := range []struct {
		name  string
		files map[string][]byte
		want  []string
	}{
		{"nothing", nil, []string{"no model.safetensors", "*.gguf"}},
		{"pickle", map[string][]byte{"pytorch_model.bin": nil}, []string{"pytorch_model.bin", "safetensors"}},
		{"pickles", map[string][]byte{"pytorch_model-00001-of-00002.bin": nil}, []string{"pytorch_model-00001-of-00002.bin", "safetensors"}},
		{"two gguf", map[string][]byte{"a.gguf": nil, "b.gguf": nil}, []string{"2 GGUF files", "a.gguf, b.gguf"}},
		{"empty gguf", map[string][]byte{"a.gguf": []byte("GGUF")}, []string{"a.gguf", "gguf"}},
		{"garbled file", map[string][]byte{singleName: []byte("garbage, no header")}, []string{singleName, "safetensors"}},
		{"missing shards", map[string][]byte{indexName: index(`"a":"1.st","b":"2.st","c":"3.st"`), "2.st": stBytes(t, "b")}, []string{indexName, "shard 1.st", "shard 3.st"}},
		{"garbled shard", map[string][]byte{indexName: index(`"a":"1.st"`), "1.st": one[:20]}, []string{indexName, "shard 1.st"}},
		{"tensors not in shards", map[string][]byte{indexName: index(`"a":"1.st","b":"1.st","c":"1.st"`), "1.st": one}, []string{"b: not in 1.st", "c: not in 1.st"}},
		{"parent", map[string][]byte{indexName: index(`"a":"../1.st"`)}, []string{"a", `"../1.st" is not a file name`}},
		{"root", map[string][]byte{indexName: index(`"a":"/etc/passwd"`)}, []string{"not a file name"}},
		{"folder", map[string][]byte{indexName: index(`"a":"x/1.st"`)}, []string{"not a file name"}},
		{"backslash", map[string][]byte{indexName: index(`"a":"..\\1.st"`)}, []string{"not a file name"}},
		{"drive", map[string][]byte{indexName: index(`"a":"c:1.st"`)}, []string{"not a file name"}},
		{"dot", map[string][]byte{indexName: index(`"a":"."`)}, []string{"not a file name"}},
		{"empty name", map[string][]byte{indexName: index(`"a":""`)}, []string{"not a file name"}},
		{"not text", map[string][]byte{indexName: index(`"a":1`)}, []string{"a", "not a string"}},
		{"twice", map[string][]byte{indexName: index(`"a":"1.st","a":"2.st"`)}, []string{"a", "twice"}},
		{"no map", map[string][]byte{indexName: []byte(`{"metadata":{}}`)}, []string{"weight_map is missing"}},
		{"empty map", map[string][]byte{indexName: index("")}, []string{"weight_map is missing or empty"}},
		{"not JSON", map[string][]byte{indexName: []byte("no")}, []string{indexName}},
		{"two values", map[string][]byte{indexName: []byte(`{"weight_map":{"a":"b"}}{}`)}, []string{"more than one"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Open(dir(c.files))
			wantError(t, err, append(c.want, "weights: ")...)
		})
	}
	if _, err := Open(dir(nil)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an empty directory: %v, want fs.ErrNotExist", err)
	}
}

// A directory in the place of the file, and a file system whose files cannot be read at an offset.
func TestOpenOddFiles(t *testing.T) {
	_, err := Open(fstest.MapFS{singleName: &fstest.MapFile{Mode: fs.ModeDir | 0o755}})
	wantError(t, err, singleName, "not a regular file")

	src, err := Open(streamFS{dir(map[string][]byte{singleName: stBytes(t, "xyz")})})
	if err != nil {
		t.Fatal(err)
	}
	sameFloats(t, "xyz", floatsOf(t, src, "xyz"), []float32{3})
}

// streamFS hides that its files can be read at any offset.
type streamFS struct{ fs.FS }

func (s streamFS) Open(name string) (fs.File, error) {
	f, err := s.FS.Open(name)
	if err != nil {
		return nil, err
	}
	return struct{ fs.File }{f}, nil
}
