//go:build !linux

package main

import "time"

var began = time.Now()

// clock is the time by the clock.
func clock() time.Duration { return time.Since(began) }
