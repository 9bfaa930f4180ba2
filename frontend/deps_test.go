// Package frontend_test holds the import policy of the studio.
package frontend_test

import (
	"os/exec"
	"strings"
	"testing"
)

// The studio knows prompts and what crosses borders, not models: those are behind its ports. This is a statement of policy: do
// not change it to fix a build.
var may = []string{"graft/frontend/", "graft/shared/api", "graft/shared/prompt"}

func TestImports(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", "{{.ImportPath}}{{range .Imports}} {{.}}{{end}}", "./...").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) < 4 {
		t.Fatalf("only %d packages were listed", len(lines))
	}
	for _, line := range lines {
		f := strings.Fields(line)
		for _, imp := range f[1:] {
			if strings.HasPrefix(imp, "graft/") && !allowed(imp) {
				t.Errorf("%s may not import %s", f[0], imp)
			}
		}
	}
}

func allowed(path string) bool {
	for _, prefix := range may {
		if strings.HasPrefix(path, prefix) {
			return true
		}
	}
	return false
}
