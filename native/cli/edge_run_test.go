package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"graft/kernels/wasm"
	"graft/native/edge"
	"graft/shared/adapter"
	"graft/shared/api"
	"graft/shared/device"
	"graft/shared/engine"
	"graft/shared/engine/enginetest"
)

const financeBase = "../../examples/finance/base"

// TestEdgeRun holds the engine in its sandbox to the native program.
func TestEdgeRun(t *testing.T) {
	if testing.Short() {
		t.Skip("compiling the engine is not short")
	}
	runtime := edge.Runtime{Dist: os.DirFS("../../wasm/dist"), SIMD: wasm.SIMD}
	if _, err := os.Stat("../../wasm/dist/engine.wasm"); err != nil {
		t.Skip("wasm/dist/engine.wasm is not there: ./build.sh wasm makes it")
	}
	dir := filepath.Join(t.TempDir(), "adapter")
	b, err := engine.Open(os.DirFS(financeBase), device.Reference(), engine.Options{Name: financeBase})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(dir, enginetest.Train(t, b, adapter.LoRA{R: 4}, adapter.SeqCls, 1)); err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	texts := []string{"公司营收同比增长20%", "公司业绩大幅下滑"}
	at := func(args ...string) (int, string, string) {
		return runEdge(t, runtime, append([]string{"edge", "run"}, args...)...)
	}

	exit, stdout, stderr := at(append([]string{"--adapter", dir}, texts...)...)
	if want := must(t, append([]string{"predict", "--adapter", dir}, texts...)...); exit != 0 || stdout != want {
		t.Errorf("exit code %d: %s\n%s, expected\n%s", exit, stderr, stdout, want)
	}
	prompt := []string{"--model", financeBase, "--prompt", "公司净利润", "--max-new-tokens", "6"}
	exit, stdout, stderr = at(append(prompt, "--json")...)
	var g api.Generation
	if err := json.Unmarshal([]byte(stdout), &g); err != nil {
		t.Fatalf("exit code %d: %v in %s\n%s", exit, err, stdout, stderr)
	}
	if want := must(t, append([]string{"generate", "--activations", "0", "--temperature", "0"}, prompt...)...); g.Text+"\n" != want || g.CompletionTokens != 6 {
		t.Errorf("%+v, expected %q", g, want)
	}
	for _, test := range []struct {
		args []string
		exit int
		says string
	}{
		{nil, exitUsage, "--model names no model"},
		{[]string{"--model", "m"}, exitUsage, "neither a text"},
		{[]string{"--model", "m", "--prompt", "p", "text"}, exitUsage, "give one of the two"},
		{[]string{"--model", "m", "--memory-limit", "much", "text"}, exitUsage, "--memory-limit"},
		{[]string{"--model", "m", "--timeout", "0s", "text"}, exitUsage, "--timeout is 0s"},
		{[]string{"--model", financeBase, "text"}, exitFailure, "no classification head"},
		{[]string{"--adapter", dir, "--memory-limit", "16MB", "text"}, exitFailure, "16000000 are allowed"},
		{[]string{"--adapter", dir, "--timeout", "1ms", "text"}, exitFailure, "took longer than 1ms"},
	} {
		if exit, _, stderr := at(test.args...); exit != test.exit || !strings.Contains(stderr, test.says) {
			t.Errorf("%q: exit code %d, %s, expected %d and %q", test.args, exit, stderr, test.exit, test.says)
		}
	}
}

// TestEdgeRunIsNotBuiltIn holds what is said without the engine.
func TestEdgeRunIsNotBuiltIn(t *testing.T) {
	if exit, _, stderr := run(t, "", "edge", "run", "--model", financeBase, "text"); exit != exitFailure || !strings.Contains(stderr, "./build.sh build") {
		t.Errorf("exit code %d, %s", exit, stderr)
	}
}
