package chat

import (
	"errors"
	"fmt"
)

// Sizes of what is read. Templates in use have up to 30 kB.
const (
	maxSource  = 1 << 20   // bytes of a template
	maxNesting = 300       // blocks and brackets inside one another, in a template
	maxChain   = 1000      // operators in a row
	maxJSON    = 256 << 20 // bytes of JSON
	maxDepth   = 200       // values inside one another
	maxRange   = 100_000   // items of a range, as in jinja2's sandbox
	maxBits    = 1 << 14   // bits of an integer
)

// Limits bound what one rendering may use. A field that is 0 stands for the
// value in DefaultLimits.
type Limits struct {
	Steps  int // evaluated expressions, executed statements, visited items
	Memory int // bytes that operations allocate, all together
	Output int // bytes of the result
	Calls  int // macros inside one another
}

// DefaultLimits are far above what templates in use need: rendering 1,000
// messages takes about 100,000 steps. At the limit, a rendering has taken a few
// seconds.
var DefaultLimits = Limits{Steps: 50e6, Memory: 512 << 20, Output: 256 << 20, Calls: 200}

func (l Limits) orDefault() Limits {
	d := DefaultLimits
	for _, f := range []struct{ have, want *int }{
		{&d.Steps, &l.Steps}, {&d.Memory, &l.Memory}, {&d.Output, &l.Output}, {&d.Calls, &l.Calls},
	} {
		if *f.want > 0 {
			*f.have = *f.want
		}
	}
	return d
}

// ErrLimit is the cause of errors about [Limits].
var ErrLimit = errors.New("limit exceeded")

func limitf(format string, args ...any) error {
	return fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), ErrLimit)
}

// errDeep is the error of values that contain one another without end, where
// Python has its RecursionError.
var errDeep = fmt.Errorf("values nested more than %d deep: %w", maxDepth, ErrLimit)
