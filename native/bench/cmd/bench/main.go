// Command bench measures graft beside its peers: ./build.sh bench [suite …] [flags]. Package bench says how.
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"graft/native/bench"
	"graft/native/term"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// options are what the command line says.
type options struct {
	bench.Settings
	suites  []bench.Suite
	only    *regexp.Regexp
	rounds  int
	timeout time.Duration
	out     string
	list    bool
}

const usage = `usage: ./build.sh bench [suite …] [flags]; all suites if none is named

suites:
%s
environment:
  GRAFT_BENCH_VENV    a Python environment that has the peers' packages, instead of .cache/bench/venv
  GRAFT_BENCH_MODELS  a folder with the models, instead of .cache/models

flags:
`

func parse(args []string) (*options, error) {
	o := &options{}
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.IntVar(&o.rounds, "rounds", 3, "times that every program runs, by turns")
	f.IntVar(&o.Threads, "threads", min(2, runtime.NumCPU()), "threads of every program")
	f.IntVar(&o.Repeat, "repeat", 3, "cpu: times within one process, beside one to warm up")
	f.StringVar(&o.Data, "data", "examples/finance/train.csv", "train: CSV with the columns text and label")
	f.IntVar(&o.Steps, "steps", 8, "train: optimiser steps that are timed")
	f.IntVar(&o.Batch, "batch", 4, "train: rows of a step")
	f.IntVar(&o.MaxLength, "max-length", 128, "train: tokens a row is cut to and, where the peer pads to max_length, padded to")
	only := f.String("only", "", "contests to run, a regular expression of names")
	f.StringVar(&o.out, "out", "", "folder for the report as Markdown and JSON, with the exact commands; renewed after every contest")
	f.DurationVar(&o.timeout, "timeout", 20*time.Minute, "longest that one process may take")
	f.BoolVar(&o.list, "list", false, "name the contests and their commands, and run nothing but what sets the peers up")
	f.Usage = func() {
		var names strings.Builder
		for _, s := range bench.Suites {
			fmt.Fprintf(&names, "  %-8s%s\n", s.Name, s.Doc)
		}
		fmt.Fprintf(f.Output(), usage, names.String())
		f.PrintDefaults()
	}
	for len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		i := slices.IndexFunc(bench.Suites, func(s bench.Suite) bool { return s.Name == args[0] })
		if i < 0 {
			return nil, fmt.Errorf("suite %q is not known; bench --help lists them", args[0])
		}
		o.suites, args = append(o.suites, bench.Suites[i]), args[1:]
	}
	if o.suites == nil {
		o.suites = bench.Suites
	}
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	if f.NArg() > 0 {
		return nil, fmt.Errorf("%q: suites come before flags", f.Arg(0))
	}
	for name, v := range map[string]int{"rounds": o.rounds, "threads": o.Threads, "repeat": o.Repeat, "steps": o.Steps, "batch": o.Batch, "max-length": o.MaxLength} {
		if v < 1 {
			return nil, fmt.Errorf("--%s is %d, expected 1 or more", name, v)
		}
	}
	var err error
	o.only, err = regexp.Compile("^(" + cmp.Or(*only, ".*") + ")$")
	return o, err
}

func run(ctx context.Context, args []string) error {
	o, err := parse(args)
	if err == flag.ErrHelp {
		return nil
	}
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cache, err := filepath.Abs(".cache")
	if err != nil {
		return err
	}
	note := func(s string) { fmt.Fprintln(os.Stderr, s) }
	o.Measure = filepath.Join(filepath.Dir(self), "measure") // built beside this program
	o.Work = filepath.Join(cache, "bench", "work")
	o.Peers = &bench.Peers{Scripts: filepath.Join("native", "bench", "peers"), Cache: cache,
		Venv: os.Getenv("GRAFT_BENCH_VENV"), Models: os.Getenv("GRAFT_BENCH_MODELS"), Note: note, Log: os.Stderr}
	report := bench.NewReport(o.rounds, o.Threads)
	for _, s := range o.suites {
		if err := o.suite(ctx, s, report, note); err != nil {
			return fmt.Errorf("%s: %w", s.Name, err)
		}
	}
	if o.list {
		return nil
	}
	if err := report.Table(term.New(os.Stdout), os.Stdout); err != nil {
		return err
	}
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("interrupted: the table has what was measured")
	case report.Failed():
		return fmt.Errorf("some programs gave nothing to compare; see above")
	}
	return nil
}

// suite runs the contests of a suite that were asked for.
func (o *options) suite(ctx context.Context, s bench.Suite, report *bench.Report, note func(string)) error {
	contests, err := s.Contests(ctx, &o.Settings)
	if err != nil {
		return err
	}
	report.Suites = append(report.Suites, s.Name)
	for _, c := range contests {
		if !o.only.MatchString(c.Name) || ctx.Err() != nil {
			continue
		}
		if o.list {
			fmt.Printf("# %s: %s\n", c.Name, c.Title)
			for _, p := range c.Contestants {
				fmt.Println(p.Line())
			}
			continue
		}
		if c.Prepare != nil {
			if err := c.Prepare(ctx); err != nil {
				return fmt.Errorf("%s: %w", c.Name, err)
			}
		}
		report.Add(c, c.Run(ctx, o.rounds, o.timeout, note))
		if o.out != "" {
			if err := report.Save(o.out); err != nil {
				return err
			}
		}
	}
	return nil
}
