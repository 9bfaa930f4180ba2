//go:build !linux

package bench

import "os"

// read knows nothing more here.
func (m *Machine) read() {}

// machineTime is not known here.
func machineTime() float64 { return -1 }

// peakMemory is not known here.
func peakMemory(*os.ProcessState) int64 { return 0 }
