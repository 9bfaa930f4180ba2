//go:build !unix

package mmap

import "os"

// Without a mapping Bytes is nil and readers use ReadAt.
func mapping(*os.File, int) ([]byte, error) { return nil, nil }
func unmap([]byte) error                    { return nil }
