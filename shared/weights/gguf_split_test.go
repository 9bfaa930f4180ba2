package weights

import (
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// splitFixture is tiny.gguf in parts of a few tensors each.
func splitFixture(t *testing.T) (whole *GGUF, parts fstest.MapFS) {
	t.Helper()
	whole = openFixture(t, "tiny.gguf").(*GGUF)
	config, err := whole.Config()
	if err != nil {
		t.Fatal(err)
	}
	items, err := GGUFItems(whole, config, Mixture{})
	if err != nil {
		t.Fatal(err)
	}
	parts = fstest.MapFS{}
	cut := SplitGGUF(whole.Meta, items, 4000)
	for i, p := range cut {
		parts[SplitName("tiny", i+1, len(cut))] = &fstest.MapFile{Data: written(t, func(w io.Writer) error { return WriteGGUF(w, p.Meta, p.Items) })}
	}
	return whole, parts
}

// A model in parts is the whole model.
func TestSplitGGUF(t *testing.T) {
	whole, fsys := splitFixture(t)
	if len(fsys) < 3 {
		t.Fatalf("%d parts, want some", len(fsys))
	}
	src, err := Open(fsys)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	g := src.(*GGUF)
	if !slices.Equal(g.Names(), whole.Names()) {
		t.Errorf("names are %q, want %q", g.Names(), whole.Names())
	}
	for _, name := range whole.Names() {
		sameFloats(t, name, floatsOf(t, g, name), floatsOf(t, whole, name))
	}
	for _, key := range whole.Meta.Keys() {
		if _, ok := g.Meta.Value(key); !ok {
			t.Errorf("metadata %s is lost", key)
		}
	}
	checkViews(t, g)
}

func TestSplitNames(t *testing.T) {
	if got := SplitNames("a-00002-of-00003.gguf"); !slices.Equal(got, []string{"a-00001-of-00003.gguf", "a-00002-of-00003.gguf", "a-00003-of-00003.gguf"}) {
		t.Errorf("names are %q", got)
	}
	for _, name := range []string{"a.gguf", "a-00000-of-00003.gguf", "a-00004-of-00003.gguf", "a-00001-of-99999.gguf", "a-1-of-3.gguf", "a-00001-of-00003.bin"} {
		if got := SplitNames(name); got != nil {
			t.Errorf("%s: names are %q", name, got)
		}
	}
}

func TestSplitRefuses(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(fsys fstest.MapFS, names []string)
		want   []string
	}{
		{"a part is missing", func(f fstest.MapFS, n []string) { delete(f, n[1]) }, []string{"part 2 of", "not exist"}},
		{"all but one are missing", func(f fstest.MapFS, n []string) {
			for _, name := range n[1:] {
				delete(f, name)
			}
		}, []string{"part 2 of", "part 3 of"}},
		{"a part is another one", func(f fstest.MapFS, n []string) { f[n[1]] = f[n[0]] }, []string{n2, "split.no 0 of", "expected 1 of"}},
		{"the first is the last", func(f fstest.MapFS, n []string) { f[n[0]] = f[n[len(n)-1]] }, []string{"expected 0 of"}},
		{"a part is no part", func(f fstest.MapFS, n []string) { f[n[1]] = &fstest.MapFile{Data: header(0, 0)} }, []string{n2, "split.no 0 of split.count 0"}},
		{"a part is cut", func(f fstest.MapFS, n []string) { f[n[1]] = &fstest.MapFile{Data: f[n[1]].Data[:100]} }, []string{n2}},
		{"a tensor is lost", func(f fstest.MapFS, n []string) {
			f[n[1]] = &fstest.MapFile{Data: header(0, 2).str("split.no").u32(ggufUint32, 1).str("split.count").u32(ggufUint32, uint32(len(n)))}
		}, []string{"split.tensors.count is"}},
		{"another file beside them", func(f fstest.MapFS, n []string) { f["other.gguf"] = f[n[0]] }, []string{"GGUF files, expected one or the parts of one model", "other.gguf"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, fsys := splitFixture(t)
			c.change(fsys, slices.Sorted(maps.Keys(fsys)))
			_, err := Open(fsys)
			wantError(t, err, c.want...)
		})
	}
	// The same tensor in two parts.
	_, fsys := splitFixture(t)
	names := slices.Sorted(maps.Keys(fsys))
	first := strings.Replace(string(fsys[names[0]].Data), "split.no", "split.xx", 1)
	twice := header(1, 2).str("split.no").u32(ggufUint32, 1).str("split.count").u32(ggufUint32, uint32(len(names))).tensor("token_embd.weight", 0, 0, 8).data(32)
	fsys[names[1]] = &fstest.MapFile{Data: twice}
	_, err := Open(fsys)
	if err == nil {
		t.Error("a tensor in two parts is opened")
	}
	fsys[names[0]] = &fstest.MapFile{Data: []byte(first)}
	_, err = Open(fsys)
	wantError(t, err, names[0], "split.no 0 of")
}

const n2 = "tiny-00002-of-0000"
