package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"graft/shared/adapter"
)

const commit = "0123456789abcdef0123456789abcdef01234567"

// serveHub serves directories as repositories of a hub on this machine.
func serveHub(t *testing.T, repos map[string]string) *httptest.Server {
	mux := http.NewServeMux()
	for repo, dir := range repos {
		mux.HandleFunc("/api/models/"+repo+"/revision/main", func(w http.ResponseWriter, r *http.Request) {
			entries, err := os.ReadDir(dir)
			if err != nil {
				t.Error(err)
			}
			var files []any
			for _, e := range entries {
				if data, err := os.ReadFile(filepath.Join(dir, e.Name())); err == nil {
					sum := sha256.Sum256(data)
					files = append(files, map[string]any{"rfilename": e.Name(), "lfs": map[string]any{"sha256": hex.EncodeToString(sum[:]), "size": len(data)}})
				}
			}
			json.NewEncoder(w).Encode(map[string]any{"sha": commit, "siblings": files})
		})
		mux.Handle("/"+repo+"/resolve/"+commit+"/", http.StripPrefix("/"+repo+"/resolve/"+commit+"/", http.FileServer(http.Dir(dir))))
	}
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

// TestPulledModels: a name of the hub does wherever a path does, also with the hub gone, and an adapter finds its base by it.
func TestPulledModels(t *testing.T) {
	s := newSetting(t)
	hub := serveHub(t, map[string]string{"org/tiny": s.base})
	env := map[string]string{"HF_ENDPOINT": hub.URL, "HF_HOME": t.TempDir()}
	ok := func(args ...string) string {
		t.Helper()
		exit, stdout, stderr := runIn(t, t.Context(), env, "", args...)
		if exit != exitOK {
			t.Fatalf("graft %q: exit code %d, %s", args, exit, stderr)
		}
		return stdout
	}
	path := strings.TrimSpace(ok("pull", "org/tiny"))
	if want := filepath.Join(env["HF_HOME"], "hub", "models--org--tiny", "snapshots", commit); path != want {
		t.Errorf("pull prints %s, expected %s", path, want)
	}
	if got := object(t, ok("pull", "org/tiny", "--include", "*.json", "--json")); got["commit"] != commit || len(got["files"].([]any)) == 0 {
		t.Errorf("pull prints %v", got)
	}
	generate := func(model string) any {
		t.Helper()
		return object(t, ok("generate", "--model", model, "--prompt", "公司7", "--max-new-tokens", "4", "--json"))["text"]
	}
	want := generate(s.base)
	if got := generate("org/tiny"); got != want {
		t.Errorf("the model of the hub says %q, expected %q", got, want)
	}
	out := filepath.Join(t.TempDir(), "adapter")
	ok("train", "--model", "org/tiny", "--train-file", s.train, "--output-dir", out, "--max-steps", "1", "--save-strategy", "no", "--eval-strategy", "no")
	var c map[string]any
	data, err := os.ReadFile(filepath.Join(out, adapter.ConfigName))
	if err != nil || json.Unmarshal(data, &c) != nil || c["base_model_name_or_path"] != "org/tiny" {
		t.Errorf("the adapter names %v, %v", c["base_model_name_or_path"], err)
	}
	hub.Close()
	exit, _, stderr := runIn(t, t.Context(), env, "", "predict", "--adapter", out, "公司7")
	if exit != exitOK || !strings.Contains(stderr, "using what is in the cache") {
		t.Errorf("without the hub: exit code %d, %s", exit, stderr)
	}
	env["HF_HUB_OFFLINE"] = "1"
	if got := generate("org/tiny@" + commit); got != want {
		t.Errorf("offline the model says %q, expected %q", got, want)
	}
	exit, _, stderr = runIn(t, t.Context(), env, "", "generate", "--model", "org/other", "--prompt", "x")
	if exit != exitFailure || !strings.Contains(stderr, "org/other: no such path here, and on the hub: HF_HUB_OFFLINE is set") {
		t.Errorf("a model that is not there: exit code %d, %s", exit, stderr)
	}
}

func TestPullUsage(t *testing.T) {
	for _, c := range []struct {
		args   []string
		exit   int
		stderr string
	}{
		{[]string{"pull"}, exitUsage, "0 names, expected one"},
		{[]string{"pull", "a/b", "c/d"}, exitUsage, "2 names"},
		{[]string{"pull", "s3://bucket/x"}, exitFailure, "is not known"},
		{[]string{"pull", "nowhere"}, exitFailure, "a model of the hub is named org/name"},
		{[]string{"push", "x"}, exitUsage, "1 arguments"},
		{[]string{"push", "x", "ghcr.io/x"}, exitFailure, "expected oci://"},
	} {
		exit, stdout, stderr := run(t, "", c.args...)
		if exit != c.exit || stdout != "" || !strings.Contains(stderr, c.stderr) {
			t.Errorf("graft %q: exit code %d, expected %d; %q; %s", c.args, exit, c.exit, stdout, stderr)
		}
	}
}
