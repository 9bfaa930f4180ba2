//go:build !linux

package main

import "time"

var began = time.Now()

// processorSeconds is the time by the clock where the process's own is not known.
func processorSeconds() float64 { return time.Since(began).Seconds() }
