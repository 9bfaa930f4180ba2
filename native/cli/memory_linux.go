package cli

import (
	"os"
	"strconv"
	"strings"
)

// peakMemory is the most memory the process has had at one time, in bytes, with the parts of mapped files that were
// read; 0 where it is not known.
func peakMemory() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, _ := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			return kib << 10
		}
	}
	return 0
}

// resetPeakMemory makes peakMemory count from now on, where the system lets it.
func resetPeakMemory() {
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) // refused: the peak stays that of the whole process
}
