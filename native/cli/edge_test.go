package cli

import (
	"strings"
	"testing"
)

// TestEdgeBuildRefuses holds what is said where the web runtime was not built in; native/cmd/graft tests what is.
func TestEdgeBuildRefuses(t *testing.T) {
	exit, stdout, stderr := run(t, "", "edge", "build", "--model", "m", "--output-dir", t.TempDir())
	if exit != exitFailure || stdout != "" || !strings.Contains(stderr, "built without the web runtime: build it with ./build.sh build") {
		t.Errorf("exit code %d\n%s%s", exit, stdout, stderr)
	}
	if exit, _, stderr := run(t, "", "edge", "build", "all"); exit != exitUsage || !strings.Contains(stderr, "one argument too many") {
		t.Errorf("exit code %d\n%s", exit, stderr)
	}
}
