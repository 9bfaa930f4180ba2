//go:build !unix

package hub

import (
	"errors"
	"os"
)

// tryLock cannot lock here: every process then downloads into a file of its own.
func tryLock(*os.File) error { return errors.ErrUnsupported }
