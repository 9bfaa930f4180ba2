package runs

import (
	"os"
	"runtime"
)

// ThisHost describes the machine.
func ThisHost() Host {
	h := Host{Platform: runtime.GOOS + "/" + runtime.GOARCH, Cores: runtime.NumCPU()}
	h.Name, _ = os.Hostname() // a machine without a name is one, too
	h.read()
	return h
}
