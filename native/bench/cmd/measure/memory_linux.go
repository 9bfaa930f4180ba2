package main

import "syscall"

// residentPeak is the largest resident set of this process so far, in bytes.
func residentPeak() int64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return int64(u.Maxrss) << 10
}
