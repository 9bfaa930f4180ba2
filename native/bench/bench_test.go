package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"graft/native/term"
)

// pretend, in the environment, makes this test's program one that a contest runs.
const pretend = "GRAFT_BENCH_PRETEND"

func TestMain(m *testing.M) {
	if how := os.Getenv(pretend); how != "" {
		os.Exit(fake(how))
	}
	os.Exit(m.Run())
}

// fake is a program of a contest: "name speed tokens", or something that goes wrong. Every start is noted in a file, so
// that the n-th run of a program is n times as fast.
func fake(how string) int {
	log := os.Getenv("LOG")
	f, err := os.OpenFile(log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		return 3
	}
	fmt.Fprintln(f, how)
	f.Close()
	switch how {
	case "crash":
		fmt.Fprintln(os.Stderr, "loading\nout of luck")
		return 1
	case "hang":
		time.Sleep(time.Minute)
	case "talk":
		fmt.Println("all is well")
		return 0
	case "big":
		touched := make([]byte, 64<<20)
		for i := range touched {
			touched[i] = byte(i)
		}
		fmt.Println(`{"bytes":`, touched[1], `}`)
		return 0
	}
	var name string
	var speed float64
	var tokens int
	if _, err := fmt.Sscan(how, &name, &speed, &tokens); err != nil {
		return 4
	}
	all, _ := os.ReadFile(log)
	fmt.Println("a line before")
	json.NewEncoder(os.Stdout).Encode(map[string]any{"peer": name, "version": "1." + name, "tokens": tokens,
		"rate": map[string]any{"median": speed * float64(strings.Count(string(all), how))}})
	return 0
}

// contest has a program for each way to pretend.
func contest(t *testing.T, hows ...string) *Contest {
	c := &Contest{Name: "c", Title: "C", Metrics: []Metric{{Name: "reading", Unit: "tokens/s", Key: "rate.median"}, PeakMemory()}, Checks: []Check{Equal("tokens")}}
	log := filepath.Join(t.TempDir(), "log")
	for _, how := range hows {
		name, _, _ := strings.Cut(how, " ")
		c.Contestants = append(c.Contestants, Contestant{Name: name, Command: []string{os.Args[0]}, Env: []string{pretend + "=" + how, "LOG=" + log}})
	}
	return c
}

func TestRoundsAreInterleavedAndSummedUp(t *testing.T) {
	c := contest(t, "graft 30 7", "peer 10 7")
	r := c.Run(t.Context(), 3, time.Minute, func(string) {})
	log, err := os.ReadFile(strings.TrimPrefix(c.Contestants[0].Env[1], "LOG="))
	if want := strings.Repeat("graft 30 7\npeer 10 7\n", 3); string(log) != want || err != nil {
		t.Errorf("ran %q, %v, expected %q", log, err, want)
	}
	lines := c.Lines(r)
	if len(lines) < 2 {
		t.Fatalf("%d lines, errors %v", len(lines), r.Errors)
	}
	for i, want := range []*Summary{{60, 30, 90, []float64{30, 60, 90}}, {20, 10, 30, []float64{10, 20, 30}}} {
		if got := lines[i].Figure; fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %+v, expected %+v", lines[i].Program, got, want)
		}
	}
	if lines[0].Ratio != nil {
		t.Error("graft is compared with itself")
	}
	if got := lines[1].Ratio; got == nil || !slices.Equal(got.Values, []float64{3, 3, 3}) {
		t.Errorf("ratios %+v, expected 3 in each round", got)
	}
}

func TestWhatGivesNothing(t *testing.T) {
	for _, c := range []struct {
		hows   []string
		failed int // which of the two
		want   string
	}{
		{[]string{"graft 30 7", "peer 10 8"}, 1, "not the same work: tokens is 8, and graft's 7, expected the same"},
		{[]string{"graft 30 7", "crash"}, 1, "exit status 1: loading | out of luck"},
		{[]string{"graft 30 7", "talk"}, 1, `the last line is "all is well", expected a JSON object`},
		{[]string{"graft 30 7", "hang"}, 1, "not done after 2s"},
		{[]string{"crash", "peer 10 7"}, 0, "out of luck"},
	} {
		contest := contest(t, c.hows...)
		timeout := time.Minute
		if c.hows[1] == "hang" {
			timeout = 2 * time.Second
		}
		r := contest.Run(t.Context(), 2, timeout, func(string) {})
		if err := r.Errors[c.failed]; err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: error %v, expected %q", c.hows, err, c.want)
		}
		if err := r.Errors[1-c.failed]; err != nil || len(r.Outcomes[1-c.failed]) != 2 {
			t.Errorf("%v: the other one: %d runs, %v", c.hows, len(r.Outcomes[1-c.failed]), err)
		}
		if n := len(r.Outcomes[c.failed]); n != 0 {
			t.Errorf("%v: %d runs are kept", c.hows, n)
		}
		report := NewReport(2, 2)
		report.Add(contest, r)
		var table strings.Builder
		if err := report.Table(term.Plain(&table), &table); err != nil || !strings.Contains(table.String(), c.want) || !report.Failed() {
			t.Errorf("%v: failed %v, %v, table\n%s", c.hows, report.Failed(), err, table.String())
		}
	}
}

func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c := contest(t, "graft 30 7", "peer 10 7")
	r := c.Run(ctx, 3, 0, func(s string) {
		if strings.Contains(s, "round 2") {
			cancel()
		}
	})
	if len(r.Outcomes[0]) != 1 || len(r.Outcomes[1]) != 1 {
		t.Errorf("%d and %d runs are kept, expected those of the first round", len(r.Outcomes[0]), len(r.Outcomes[1]))
	}
}

func TestPeakMemoryAndTime(t *testing.T) {
	o, err := contest(t, "big").Contestants[0].run(t.Context(), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if o.Seconds <= 0 {
		t.Errorf("took %g s", o.Seconds)
	}
	if runtime.GOOS != "linux" {
		t.Skip("peak memory is known on Linux only")
	}
	if v, ok := PeakMemory().value(o); !ok || v < 64 || v > 1024 {
		t.Errorf("peak memory %g MiB of a process that touches 64 MiB", v)
	}
	if o.Others < 0 || o.Others > 1.1 { // clocks are counted in hundredths of a second
		t.Errorf("others had %g of the machine", o.Others)
	}
}
