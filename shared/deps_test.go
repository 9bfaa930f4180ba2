// Package shared_test holds the import policy of the core.
package shared_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// A package may import those before it. This is a statement of policy: do not change it to fix a build.
var order = strings.Fields(`tensor quant graph op grad device nn weights model adapter
	tokenizer chat prompt dataset train eval generate api trial engine`)

// These import nothing of ours, so that the studio can use them.
var leaves = strings.Fields("tensor tokenizer api prompt")

// The core builds for every host; what only one host has stays with that host.
var never = strings.Fields("C net net/http os os/exec reflect syscall syscall/js plugin")

// What the core may use beside the standard library.
var modules = strings.Fields(`gonum.org/v1/gonum golang.org/x/text/unicode/norm
	github.com/dlclark/regexp2 go.yaml.in/yaml/v3 gopkg.in/yaml.v3`)

func TestImports(t *testing.T) {
	const root = "graft/shared/"
	out, err := exec.Command("go", "list", "-f", "{{.ImportPath}}{{range .Imports}} {{.}}{{end}}", "./...").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	rank := func(path string) int {
		rest, ok := strings.CutPrefix(path, root)
		if !ok {
			return -1
		}
		name, _, _ := strings.Cut(rest, "/")
		return slices.Index(order, name)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) < 10 {
		t.Fatalf("only %d packages were listed", len(lines))
	}
	for _, line := range lines {
		f := strings.Fields(line)
		pkg := f[0]
		if pkg == "graft/shared" {
			continue
		}
		name := strings.TrimPrefix(pkg, root)
		if rank(pkg) < 0 {
			t.Errorf("%s has no place in the order", pkg)
		}
		if strings.HasSuffix(name, "test") || strings.Contains(name, "/internal/gen") {
			continue // suites and generators are no part of the core
		}
		for _, imp := range f[1:] {
			switch ours := strings.HasPrefix(imp, "graft/"); {
			case ours && rank(imp) < 0, ours && rank(imp) > rank(pkg), ours && slices.Contains(leaves, name):
				t.Errorf("%s may not import %s", pkg, imp)
			case ours:
			case slices.Contains(never, imp):
				t.Errorf("%s may not import %s", pkg, imp)
			case strings.Contains(strings.Split(imp, "/")[0], ".") && !slices.ContainsFunc(modules, func(m string) bool {
				return imp == m || strings.HasPrefix(imp, m+"/")
			}):
				t.Errorf("%s may not import module package %s", pkg, imp)
			}
		}
	}
}
