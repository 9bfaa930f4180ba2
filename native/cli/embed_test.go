package cli

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const sentenceModel = "../../shared/engine/testdata/sentence/plain"

// TestEmbed writes the vectors of two texts in each format; all hold the same numbers.
func TestEmbed(t *testing.T) {
	var rows [][]float32
	for _, line := range strings.Split(strings.TrimSpace(must(t, "embed", "--model", sentenceModel, "profit rose", "bank, fell")), "\n") {
		var r struct {
			Text      string
			Embedding []float32
		}
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, r.Embedding)
	}
	if len(rows) != 2 || len(rows[0]) != 16 {
		t.Fatalf("vectors %v", rows)
	}
	dir := t.TempDir()
	data := write(t, filepath.Join(dir, "texts.csv"), "text\nprofit rose\n\"bank, fell\"\n")
	npy := filepath.Join(dir, "out.npy")
	must(t, "embed", "--model", sentenceModel, "--data", data, "--output", npy)
	raw, err := os.ReadFile(npy)
	if err != nil {
		t.Fatal(err)
	}
	begin := 10 + int(binary.LittleEndian.Uint16(raw[8:]))
	if begin%64 != 0 || string(raw[:6]) != "\x93NUMPY" || !strings.Contains(string(raw[10:begin]), "'shape': (2, 16)") || len(raw) != begin+2*16*4 {
		t.Errorf("npy header %q and %d bytes", raw[:begin], len(raw))
	}
	exit, csv, stderr := run(t, "profit rose\n\nbank, fell\n", "embed", "--model", sentenceModel, "--format", "csv", "--normalize")
	if exit != 0 {
		t.Fatal(stderr)
	}
	lines := strings.Split(strings.TrimSpace(csv), "\n")
	for i, row := range rows {
		length := 0.0
		for j, x := range row {
			if got := math.Float32frombits(binary.LittleEndian.Uint32(raw[begin+4*(16*i+j):])); math.Abs(float64(got-x)) > 1e-6 {
				t.Errorf("npy [%d,%d] is %g, expected %g", i, j, got, x)
			}
			length += float64(x) * float64(x)
		}
		var first float64
		if err := json.Unmarshal([]byte(strings.Split(lines[i], ",")[0]), &first); err != nil || math.Abs(first-float64(row[0])/math.Sqrt(length)) > 1e-6 {
			t.Errorf("csv row %d begins with %g, expected %g over the length %g: %v", i, first, row[0], math.Sqrt(length), err)
		}
	}
	near := must(t, "embed", "--model", sentenceModel, "--query", "profit rose", "--top-k", "1", "bank fell", "profit rose")
	if near != "1.0000\tprofit rose\n" {
		t.Errorf("nearest %q", near)
	}
}

func TestEmbedFaults(t *testing.T) {
	for want, args := range map[string][]string{
		"--format is \"xml\"":          {"--model", sentenceModel, "--format", "xml", "a"},
		"pooling \"sum\" is not known": {"--model", sentenceModel, "--pooling", "sum", "a"},
		"give one of the two":          {"--model", sentenceModel, "--data", "x.csv", "a"},
		"no texts":                     {"--model", sentenceModel},
		"--top-k is 0":                 {"--model", sentenceModel, "--query", "a", "--top-k", "0", "a"},
		"--query prints a list":        {"--model", sentenceModel, "--query", "a", "--output", "x.npy", "a"},
		"a bert reads texts":           nil,
	} {
		name := "embed"
		if args == nil { // an encoder continues nothing
			name, args = "generate", []string{"--model", sentenceModel, "--prompt", "profit"}
		}
		exit, _, stderr := run(t, "", append([]string{name}, args...)...)
		if exit == 0 || !strings.Contains(stderr, want) {
			t.Errorf("%q: exit code %d, %s; expected %q", args, exit, stderr, want)
		}
	}
}
