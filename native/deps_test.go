// Package native_test holds the import policy of the native host.
package native_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// A package of native imports those of its row beside shared, kernels and modules; without a row it imports none of
// native. This is a statement of policy: do not change it to fix a build.
var may = map[string][]string{
	"cli":       {"advise", "edge", "hub", "mmap", "parquet", "plot", "recipe", "report", "runs", "sandbox", "store", "term", "tune", "web"}, // no device: mains pass one in
	"cmd/graft": {"cli", "cpu", "edge", "web"},
	"edge":      {"sandbox", "store"},
	"report":    {"store"}, // reports are written whole or not at all
}

func TestImports(t *testing.T) {
	const root = "graft/native/"
	out, err := exec.Command("go", "list", "-f", "{{.ImportPath}}{{range .Imports}} {{.}}{{end}}", "./...").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) < 5 {
		t.Fatalf("only %d packages were listed", len(lines))
	}
	for _, line := range lines {
		f := strings.Fields(line)
		name, ok := strings.CutPrefix(f[0], root)
		if !ok || strings.HasPrefix(name, "bench") { // benchmarks wire what they measure
			continue
		}
		for _, imp := range f[1:] {
			if rest, ours := strings.CutPrefix(imp, root); ours && !slices.Contains(may[name], rest) {
				t.Errorf("%s may not import %s", f[0], imp)
			}
			for _, other := range []string{"graft/wasm", "graft/frontend"} {
				if name != "cmd/graft" && (imp == other || strings.HasPrefix(imp, other+"/")) { // mains wire: what it embeds is files
					t.Errorf("%s may not import %s", f[0], imp)
				}
			}
		}
	}
}
