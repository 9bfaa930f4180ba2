// Package bench measures graft beside the programs its users would take instead, on the machine it runs on.
//
// A Contest is one piece of work (the same file, threads, prompts or rows) and the programs that do it, each a command
// that prints one line of JSON. Programs run one after the other, round by round (A B C A B C …), each time as a new
// process, so that what changes on the machine meanwhile hits all alike; a ratio is the median of the ratios of single
// rounds. Before two programs are compared, what they say they did is: other token counts, parameters, first losses
// or answers are no comparison. Nothing here judges a figure: timings are reported, never asserted.
//
// graft's side is cmd/measure, the peers' is the scripts in peers; Peers sets up what they need.
package bench

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Contestant is a program that does a contest's work.
type Contestant struct {
	Name    string   `json:"name"`
	Command []string `json:"command"`
	Env     []string `json:"env,omitempty"` // beside the process's own
}

// Metric is a figure of every run.
type Metric struct {
	Name  string // what it is of: "decode of 64 tokens"
	Unit  string
	Key   string  // where Outcome.Result has it, steps separated by dots
	Scale float64 // what it is divided by to be in Unit; 0: 1
}

// PeakMemory is the metric every process has: the largest resident set, mapped files included.
func PeakMemory() Metric {
	return Metric{Name: "peak memory", Unit: "MiB", Key: processKey + ".peak_memory_bytes", Scale: 1 << 20}
}

// Contest is one piece of work. The first contestant is graft; the others are what it is compared with.
type Contest struct {
	Name        string // for --only
	Title       string
	Prepare     func(ctx context.Context) error // done before the first round; nil: nothing
	Contestants []Contestant
	Metrics     []Metric
	Checks      []Check
}

// Runs are what a contest gave: Outcomes[i][r] is round r of contestant i. A contestant that fails or whose work is not
// graft's has an error, runs no more, and is not compared. Where graft fails the others are still measured.
type Runs struct {
	Outcomes [][]*Outcome
	Errors   []error
}

// Run runs all contestants rounds times. note is told what is running; timeout is of one process, 0: none.
func (c *Contest) Run(ctx context.Context, rounds int, timeout time.Duration, note func(string)) *Runs {
	r := &Runs{make([][]*Outcome, len(c.Contestants)), make([]error, len(c.Contestants))}
	for round := range rounds {
		for i, p := range c.Contestants {
			if r.Errors[i] != nil || ctx.Err() != nil {
				continue
			}
			note(fmt.Sprintf("%s: round %d of %d: %s", c.Name, round+1, rounds, p.Name))
			o, err := p.run(ctx, timeout)
			if err == nil && i > 0 && round < len(r.Outcomes[0]) {
				err = compare(c.Checks, r.Outcomes[0][round].Result, o.Result)
			}
			if err != nil {
				r.Errors[i] = err
				note(fmt.Sprintf("%s: %s: %v", c.Name, p.Name, err))
				continue
			}
			r.Outcomes[i] = append(r.Outcomes[i], o)
		}
	}
	return r
}

// value is the figure of a run.
func (m Metric) value(o *Outcome) (float64, bool) {
	v, ok := lookup(o.Result, m.Key).(float64)
	if m.Scale != 0 {
		v /= m.Scale
	}
	return v, ok
}

// lookup follows a path of keys, nil where it leads nowhere.
func lookup(v any, path string) any {
	for key := range strings.SplitSeq(path, ".") {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[key]
	}
	return v
}
