package cli

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write testdata/help again")

// TestHelp holds every command's help, in both languages, to testdata/help.
func TestHelp(t *testing.T) {
	for _, lang := range []string{"en", "zh"} {
		for _, name := range []string{
			"",
			"train",
			"run",
			"eval",
			"compare",
			"predict",
			"embed",
			"generate",
			"decide",
			"batch",
			"chat",
			"inspect",
			"memory",
			"web",
			"quantize",
			"merge",
			"export", "export gguf", "export peft",
			"pull", "push", "template", "template render",
			"prompt", "prompt list", "prompt show", "prompt new", "prompt render", "prompt lint", "prompt run", "prompt test", "prompt diff", "prompt optimize",
			"data", "data check", "data split", "data clean", "data convert",
			"runs", "runs show", "runs compare", "runs rerun",
			"advise",
			"edge", "edge run", "edge build",
			"version",
		} {
			args := []string{"--help", "--lang", lang}
			if name != "" {
				args = append(strings.Fields(name), args...)
			}
			got := must(t, args...)
			if name != "" && !strings.Contains(got, "graft "+name+" ") {
				t.Errorf("the help of %s shows no example", name)
			}
			path := filepath.Join("testdata", "help", lang, "graft"+strings.TrimSuffix("-"+strings.ReplaceAll(name, " ", "-"), "-")+".txt")
			if *update {
				write(t, path, got)
				continue
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s differs; if it shall, run go test ./native/cli -run Help -update\n%s", path, got)
			}
		}
	}
}

func TestLanguage(t *testing.T) {
	for _, c := range []struct {
		args []string
		env  map[string]string
		want language
	}{
		{nil, nil, english},
		{nil, map[string]string{"LANG": "zh_CN.UTF-8"}, chinese},
		{nil, map[string]string{"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, english},
		{nil, map[string]string{"LANG": "C", "LC_MESSAGES": "zh_TW"}, chinese},
		{[]string{"train", "--lang", "zh"}, nil, chinese},
		{[]string{"--lang=en"}, map[string]string{"LANG": "zh_CN"}, english},
		{[]string{"predict", "--", "--lang", "zh"}, nil, english},
		{[]string{"--lang"}, nil, english},
	} {
		if got := languageOf(c.args, func(k string) string { return c.env[k] }); got != c.want {
			t.Errorf("%q, %v: got %v, expected %v", c.args, c.env, got, c.want)
		}
	}
}

// TestUsage: help is not a failure, mistakes in the command line are told apart from others.
func TestUsage(t *testing.T) {
	for _, c := range []struct {
		args   []string
		exit   int
		stderr string
	}{
		{nil, exitOK, ""},
		{[]string{"help", "train"}, exitOK, ""},
		{[]string{"trian"}, exitUsage, `"trian" is not a command; did you mean train?`},
		{[]string{"frobnicate"}, exitUsage, `"frobnicate" is not a command`},
		{[]string{"train"}, exitUsage, "model_name_or_path is not set"},
		{[]string{"train", "--lang", "zh"}, exitUsage, "详见 graft train --help"},
		{[]string{"train", "--config", "/nowhere/recipe.yaml"}, exitFailure, "recipe.yaml"},
	} {
		exit, stdout, stderr := run(t, "", c.args...)
		if exit != c.exit || !strings.Contains(stderr, c.stderr) || (exit == exitOK) != (stdout != "") {
			t.Errorf("graft %q: exit code %d, expected %d; %q; %s", c.args, exit, c.exit, stdout, stderr)
		}
	}
}

func TestVersion(t *testing.T) {
	if v := object(t, must(t, "version", "--json")); v["version"] != "test" || v["device"] == "" || v["platform"] == "" {
		t.Errorf("version is %v", v)
	}
	if text := must(t, "version"); !strings.HasPrefix(text, "graft test, go") {
		t.Errorf("version prints %q", text)
	}
}
