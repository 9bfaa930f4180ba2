package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"graft/native/web"
)

// TestWebOffers looks at which files a page is given of a model's directory.
func TestWebOffers(t *testing.T) {
	empty := &fstest.MapFile{}
	for _, test := range []struct {
		name string
		fsys fstest.MapFS
		want []string
	}{
		{"hugging face", fstest.MapFS{"config.json": empty, "model.safetensors": empty, "README.md": empty, "tokenizer.json": empty, "chat_template.jinja": empty, "vocab/x.json": empty, "trainer_state.json": empty},
			[]string{"chat_template.jinja", "config.json", "model.safetensors", "tokenizer.json"}},
		{"sentence-transformers", fstest.MapFS{"config.json": empty, "model.safetensors": empty, "modules.json": empty, "1_Pooling/config.json": empty},
			[]string{"config.json", "model.safetensors", "modules.json", "1_Pooling/config.json"}},
		{"gguf", fstest.MapFS{"m.gguf": empty, "notes.json": empty}, []string{"m.gguf"}},
		{"nothing", fstest.MapFS{"config.json": empty}, nil},
	} {
		got, err := modelFiles(test.fsys)
		if !slices.Equal(got, test.want) || (err == nil) != (test.want != nil) {
			t.Errorf("%s: %q, %v, expected %q", test.name, got, err, test.want)
		}
	}
	for path, want := range map[string]string{"examples/finance/base": "finance/base", "out/finance/": "finance", "a/m.gguf": "m.gguf", "owner/name": "name"} {
		if got := displayed(path); got != want {
			t.Errorf("%s is displayed as %s, expected %s", path, got, want)
		}
	}
}

// TestWebOutput writes a page with a model to a folder.
func TestWebOutput(t *testing.T) {
	model, out := t.TempDir(), filepath.Join(t.TempDir(), "site")
	for _, name := range []string{"config.json", "tokenizer.json", "model.safetensors"} {
		write(t, filepath.Join(model, name), name)
	}
	run := func(files web.Files, args ...string) (int, string) {
		var stderr strings.Builder
		h := Host{Web: files, Stdin: strings.NewReader(""), Stdout: &strings.Builder{}, Stderr: &stderr, Getenv: func(string) string { return "" }}
		return h.Run(t.Context(), args), stderr.String()
	}
	if code, said := run(web.Files{}, "web", "--model", model, "--output", out); code != exitFailure || !strings.Contains(said, "./build.sh build") {
		t.Errorf("without the runtime: %d %s", code, said)
	}
	code, said := run(web.Files{Data: map[string][]byte{"index.html": {}, web.EngineName: {}}}, "web", "--model", model, "--output", out)
	if code != exitOK {
		t.Fatal(said)
	}
	if b, err := os.ReadFile(filepath.Join(out, "models", "0", "model.safetensors")); err != nil || string(b) != "model.safetensors" {
		t.Errorf("%q, %v", b, err)
	}
}
