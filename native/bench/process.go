package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// Outcome is what one process did.
type Outcome struct {
	// Result is the line of JSON it printed last and, under "process", what the system says of it: the fields below.
	Result map[string]any
	// PeakMemory is the largest resident set in bytes, 0 where it is not known.
	PeakMemory int64
	Seconds    float64
	// Others is the share of the machine's time that went to other processes meanwhile, negative where it is not known.
	Others float64
}

const processKey = "process"

// waitAfterKill is how long a killed process's pipes are waited for; a grandchild may hold them open.
const waitAfterKill = 5 * time.Second

// run runs the program once.
func (c Contestant) run(ctx context.Context, timeout time.Duration) (*Outcome, error) {
	if timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, timeout, fmt.Errorf("not done after %v", timeout))
		defer cancel()
	}
	cmd := exec.CommandContext(ctx, c.Command[0], c.Command[1:]...)
	var out bytes.Buffer
	var complaint tail
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &out, &complaint, waitAfterKill
	cmd.Env = append(os.Environ(), c.Env...)
	begin, before := time.Now(), machineTime()
	err := cmd.Run()
	wall := time.Since(begin).Seconds()
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return nil, fmt.Errorf("%w: %s", err, complaint.lines(3))
	}
	o := &Outcome{Seconds: wall, PeakMemory: peakMemory(cmd.ProcessState)}
	own := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	o.Others = share(machineTime()-before-own.Seconds(), wall)
	if o.Result, err = lastJSON(out.Bytes()); err != nil {
		return nil, err
	}
	o.Result[processKey] = map[string]any{"peak_memory_bytes": float64(o.PeakMemory), "seconds": wall, "others": o.Others}
	return o, nil
}

// lastJSON reads the last line that is not empty.
func lastJSON(out []byte) (map[string]any, error) {
	out = bytes.TrimSpace(out)
	line := out[bytes.LastIndexByte(out, '\n')+1:]
	var v map[string]any
	if err := json.Unmarshal(line, &v); err != nil || v == nil {
		return nil, fmt.Errorf("the last line is %q, expected a JSON object", short(string(line)))
	}
	return v, nil
}

// short cuts a text for a message.
func short(s string) string {
	const most = 200
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}

// tail keeps the end of what is written to it.
type tail []byte

const tailBytes = 16 << 10

// Write never fails.
func (t *tail) Write(p []byte) (int, error) {
	*t = append(*t, p...)
	if over := len(*t) - tailBytes; over > 0 {
		*t = append((*t)[:0], (*t)[over:]...)
	}
	return len(p), nil
}

// lines are the last n that are not empty, joined.
func (t tail) lines(n int) string {
	var kept []string
	for line := range strings.Lines(string(t)) {
		if line = strings.TrimSpace(line); line != "" {
			kept = append(kept, line)
		}
	}
	return short(strings.Join(kept[max(len(kept)-n, 0):], " | "))
}
