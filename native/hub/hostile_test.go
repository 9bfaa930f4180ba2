package hub

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// badNames are names of files that must not become paths.
var badNames = []string{
	"", ".", "..", "../x", "a/../x", "a/../../x", "/etc/passwd", "a//b", "a/", "./a", `a\b`, `..\x`, "C:x", "a\x00b", "a\nb", "a/./b", "a/.. /b", "...", " ", "a/ ",
	"x:stream", strings.Repeat("a", 300), strings.Repeat("a/", 600) + "a",
}

// TestHostileNames: no answer of a server writes outside of its folder.
func TestHostileNames(t *testing.T) {
	type sibling = map[string]any
	good := strings.Repeat("ab", 20)
	var lists []any
	for _, name := range badNames {
		lists = append(lists, map[string]any{"sha": good, "siblings": []sibling{{"rfilename": name, "size": 1, "blobId": good}}})
	}
	for _, id := range []string{"../../x", "..", "a/b", "", "x.incomplete", ".x", "a\\b", strings.Repeat("a", 300)} {
		lists = append(lists, map[string]any{"sha": id, "siblings": []sibling{}})
		if id != "" { // then it is asked for
			lists = append(lists, map[string]any{"sha": good, "siblings": []sibling{{"rfilename": "f", "size": 1, "blobId": id}}},
				map[string]any{"sha": good, "siblings": []sibling{{"rfilename": "f", "size": 1, "lfs": sibling{"sha256": id, "size": 1}}}})
		}
	}
	lists = append(lists, map[string]any{"sha": good, "siblings": []sibling{{"rfilename": "f", "size": -5, "blobId": good}}},
		map[string]any{"sha": good, "siblings": []sibling{{"rfilename": "f", "size": int64(1) << 60, "blobId": good}}})
	f := newFakeHub(t, someFiles())
	h := f.hub(t)
	for _, l := range lists {
		data, err := json.Marshal(l)
		if err != nil {
			t.Fatal(err)
		}
		f.list = func() []byte { return data }
		if _, err := h.Pull(t.Context(), "org/name", Select{}); err == nil {
			t.Errorf("%.200s was taken", data)
		}
	}
	if err := filepath.WalkDir(filepath.Dir(h.Cache), func(p string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			t.Errorf("%s was written", p)
		}
		return err
	}); err != nil {
		t.Error(err)
	}
}

// TestLinkInPlaceOfPart: a link where an incomplete file should be is not written through.
func TestLinkInPlaceOfPart(t *testing.T) {
	f := newFakeHub(t, someFiles())
	h := f.hub(t)
	victim := filepath.Join(t.TempDir(), "victim")
	path := repoFolder(h.Cache, "org/name").blob(gitSHA(f.files["config.json"])) + ".incomplete"
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(victim, path); err != nil {
		t.Skip(err)
	}
	if _, err := h.Pull(t.Context(), "org/name", Select{}); err == nil || !strings.Contains(err.Error(), "no regular file") {
		t.Errorf("got error %v", err)
	}
	if _, err := os.Stat(victim); err == nil {
		t.Error("the link was followed")
	}
}

func FuzzListing(f *testing.F) {
	f.Add([]byte(`{"sha":"abc","siblings":[{"rfilename":"a/b.json","size":3,"blobId":"00"},{"rfilename":"m","lfs":{"sha256":"11","size":9}}]}`))
	f.Add([]byte(`{"sha":null,"siblings":{}}`))
	for _, name := range badNames {
		data, _ := json.Marshal(map[string]any{"sha": "abc", "siblings": []any{map[string]any{"rfilename": name}}})
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		l, err := parseListing("org/name", data)
		if err != nil {
			return
		}
		if l.commit == "" || strings.ContainsAny(l.commit, `/\`) {
			t.Errorf("commit %q", l.commit)
		}
		for _, file := range l.files {
			if !filepath.IsLocal(filepath.FromSlash(file.name)) || strings.ContainsAny(file.etag, `/\`) || strings.Contains(file.name, `\`) {
				t.Errorf("%+v", file)
			}
		}
	})
}

func FuzzParseRef(f *testing.F) {
	for _, s := range []string{"org/name", "org/name@v1", "hf://org/name@refs%2Fpr%2F1/a/b.gguf", "https://huggingface.co/org/name/blob/main/x.gguf", "https://h/x", "oci://r/x:t", "a/../b@..", "hf://../..", "hf://a/b@../../x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := ParseRef(s, defaultEndpoint)
		if err != nil || r.Scheme != "hf" {
			return
		}
		dir := repoFolder("root", r.Repo)
		for _, p := range []string{dir.name, r.Revision, r.Path} {
			if p != "" && !filepath.IsLocal(filepath.FromSlash(p)) {
				t.Errorf("%q gives %+v", s, r)
			}
		}
		if strings.ContainsAny(dir.name, `/\`) {
			t.Errorf("%q gives the folder %q", s, dir.name)
		}
	})
}
