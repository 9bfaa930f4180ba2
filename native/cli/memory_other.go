//go:build !linux

package cli

import "runtime"

// peakMemory is the memory Go has asked the system for, in bytes: what is known without the system's own count.
func peakMemory() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.Sys)
}

// resetPeakMemory does nothing: the peak is not known here.
func resetPeakMemory() {}
