package hub

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestParseRef(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	if err := os.MkdirAll(filepath.Join("there", "model"), 0o777); err != nil {
		t.Fatal(err)
	}
	hf := func(repo, revision, path string) Ref {
		return Ref{Scheme: "hf", Repo: repo, Revision: revision, Path: path}
	}
	for name, want := range map[string]Ref{
		"there/model":                 {Path: "there/model"},
		"org/name":                    hf("org/name", "main", ""),
		"Qwen/Qwen2.5-0.5B_x":         hf("Qwen/Qwen2.5-0.5B_x", "main", ""),
		"org/name@v1.0":               hf("org/name", "v1.0", ""),
		"org/name@refs/pr/1":          hf("org/name", "refs/pr/1", ""),
		"hf://org/name":               hf("org/name", "main", ""),
		"hf://models/org/name":        hf("org/name", "main", ""),
		"hf://org/name@refs%2Fpr%2F1": hf("org/name", "refs/pr/1", ""),
		"hf://org/name@v1/a/b.gguf":   hf("org/name", "v1", "a/b.gguf"),
		"https://huggingface.co/o/n":  hf("o/n", "main", ""),
		"https://hf.co/o/n/tree/v2":   hf("o/n", "v2", ""),
		"http://mirror:8080/o/n":      hf("o/n", "main", ""),
		"https://huggingface.co/o/n/resolve/main/q/x.gguf?download=true": hf("o/n", "main", "q/x.gguf"),
		"https://huggingface.co/o/n/blob/main/x.gguf":                    hf("o/n", "main", "x.gguf"),
		"https://example.org/a/x.gguf?y=1":                               {Scheme: "https", URL: "https://example.org/a/x.gguf?y=1"},
		"oci://ghcr.io/o/n:v1":                                           {Scheme: "oci", Repo: "ghcr.io/o/n:v1"},
		"model.gguf":                                                     {Path: "model.gguf"},
		"./org/name":                                                     {Path: "./org/name"},
		"/abs/model":                                                     {Path: "/abs/model"},
		"a/b/c":                                                          {Path: "a/b/c"},
		"../model":                                                       {Path: "../model"},
	} {
		got, err := ParseRef(name, "http://mirror:8080")
		if err != nil || got != want {
			t.Errorf("%s: got %+v, %v, expected %+v", name, got, err, want)
		}
	}
	for name, want := range map[string]string{
		"": "empty", "hf://name": "expected hf://org/name", "hf://../..": "not the name of a repository", "hf://a/b@../../x": "revision", "hf://a/b@..": "revision",
		"hf://a/b/../x": "not allowed", "s3://bucket/x": `"s3://" is not known`, "https://": "not a URL", "https://example.org/": "URL of a file", "oci://": "expected oci://",
		"org/name@a..b/../c": "revision",
	} {
		if got, err := ParseRef(name, defaultEndpoint); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %+v, %v, expected the error %q", name, got, err, want)
		}
	}
}

func TestSelect(t *testing.T) {
	all := []string{".gitattributes", "README.md", "config.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "model.safetensors.index.json",
		"pytorch_model.bin", "onnx/model.onnx", "onnx/config.json", "original/consolidated.safetensors", "consolidated.safetensors", "tf_model.h5", "tokenizer.json", "1_Pooling/config.json", "additional_chat_templates/rag.jinja"}
	ggufs := []string{"README.md", "a-Q4_K_M.gguf", "a-Q8_0-00001-of-00002.gguf", "a-Q8_0-00002-of-00002.gguf", "mmproj-a.gguf"}
	for _, c := range []struct {
		names []string
		s     Select
		want  string
		err   string
	}{
		{all, Select{}, "model-00001-of-00002.safetensors model-00002-of-00002.safetensors README.md config.json model.safetensors.index.json tokenizer.json 1_Pooling/config.json additional_chat_templates/rag.jinja", ""},
		{all, Select{Include: []string{"*.json"}}, "config.json model.safetensors.index.json onnx/config.json tokenizer.json 1_Pooling/config.json", ""},
		{all, Select{Include: []string{"*.json"}, Exclude: []string{"onnx/", "1_*"}}, "config.json model.safetensors.index.json tokenizer.json", ""},
		{all, Select{Include: []string{"model-0000[!1]-of-?????.safetensors"}}, "model-00002-of-00002.safetensors", ""},
		{all, Select{Include: []string{"*.gguf"}}, "", "no file is wanted"},
		{ggufs, Select{}, "", "has 2 GGUF models; name one, as hf://org/name/a-Q4_K_M.gguf"},
		{ggufs[:2], Select{}, "a-Q4_K_M.gguf README.md", ""},
		{append([]string{"x.md"}, ggufs[2:]...), Select{}, "a-Q8_0-00001-of-00002.gguf a-Q8_0-00002-of-00002.gguf mmproj-a.gguf x.md", ""},
		{[]string{"adapter_config.json", "adapter_model.safetensors", "adapter_model.bin"}, Select{}, "adapter_model.safetensors adapter_config.json", ""},
		{[]string{"config.json", "pytorch_model.bin"}, Select{}, "", "no safetensors and no GGUF"},
		{[]string{"config.json", "tokenizer.json"}, Select{}, "config.json tokenizer.json", ""},
	} {
		got, err := c.s.pick(c.names)
		switch {
		case c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)):
			t.Errorf("%+v: got %v, %v, expected the error %q", c.s, got, err, c.err)
		case c.err == "" && (err != nil || strings.Join(got, " ") != c.want):
			t.Errorf("%+v: got %v, %v, expected %v", c.s, got, err, c.want)
		}
	}
	if got := withParts("a-Q8_0-00001-of-00002.gguf", ggufs); !reflect.DeepEqual(got, ggufs[2:4]) {
		t.Errorf("the parts are %v", got)
	}
}

func TestFromEnv(t *testing.T) {
	home := t.TempDir()
	hf := filepath.Join(home, "hf")
	if err := os.MkdirAll(hf, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(hf, "token"), []byte("hf_file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	base := func(o Options) Options {
		if o.Endpoint == "" {
			o.Endpoint = defaultEndpoint
		}
		if o.Own == "" {
			o.Own = filepath.Join(home, ".cache", "graft")
		}
		if o.Cache == "" {
			o.Cache = filepath.Join(home, ".cache", "huggingface", "hub")
		}
		return o
	}
	for _, c := range []struct {
		env  string
		want Options
	}{
		{"", Options{}},
		{"HF_ENDPOINT=https://mirror.example/", Options{Endpoint: "https://mirror.example"}},
		{"HF_TOKEN=hf_env HF_HUB_OFFLINE=1", Options{Token: "hf_env", Offline: true}},
		{"HF_HOME=~/hf", Options{Cache: filepath.Join(hf, "hub"), Token: "hf_file"}},
		{"HF_HOME=$HOME/hf HF_TOKEN=hf_env", Options{Cache: filepath.Join(hf, "hub"), Token: "hf_env"}},
		{"HF_TOKEN_PATH=" + hf + "/token", Options{Token: "hf_file"}},
		{"HF_HOME=" + hf + " HF_HUB_DISABLE_IMPLICIT_TOKEN=yes", Options{Cache: filepath.Join(hf, "hub")}},
		{"XDG_CACHE_HOME=/x HF_HUB_CACHE=/y", Options{Cache: "/y", Own: "/x/graft"}},
		{"XDG_CACHE_HOME=/x GRAFT_CACHE=/g HF_HUB_OFFLINE=0", Options{Cache: "/x/huggingface/hub", Own: "/g"}},
	} {
		env := map[string]string{"HOME": home}
		for pair := range strings.FieldsSeq(c.env) {
			k, v, _ := strings.Cut(pair, "=")
			env[k] = v
		}
		got, err := FromEnv(func(k string) string { return env[k] })
		if want := base(c.want); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, %v, expected %+v", c.env, got, err, want)
		}
	}
	for _, env := range []string{"HF_ENDPOINT=mirror.example", "HF_TOKEN=a b"} {
		k, v, _ := strings.Cut(env, "=")
		if _, err := FromEnv(func(name string) string { return map[string]string{k: v, "HOME": home}[name] }); err == nil {
			t.Errorf("%s was taken", env)
		}
	}
}
