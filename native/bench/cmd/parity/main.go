// Command parity asks a real model in every host of the engine, and compares the answers: ./build.sh bench parity --model FILE.
// Package parity has the hosts.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"

	"graft/native/bench/parity"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "parity:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	f := flag.NewFlagSet("parity", flag.ContinueOnError)
	s := parity.Suite{Opened: []parity.Opened{{Plain: true}}}
	f.StringVar(&s.Model, "model", "", "directory or GGUF file")
	f.StringVar(&s.Prompt, "prompt", "The capital of France is", "text to continue greedily")
	f.IntVar(&s.Tokens, "tokens", 32, "how many tokens")
	f.IntVar(&s.Activations, "activations", 0, "precision of activations in products with quantised weights: 0 or 8")
	hosts := f.String("hosts", "CPU|wasm", "hosts to ask, a regular expression of names; the first is what the others are held to")
	tolerance := f.Float64("tolerance", 1e-3, "largest difference of a logit; with activations of 8 bits kernels round in ways of their own")
	if err := f.Parse(args); err != nil {
		return err
	}
	only, err := regexp.Compile(*hosts)
	if err != nil || s.Model == "" || f.NArg() > 0 || s.Tokens < 1 {
		return errors.Join(errors.New("usage: ./build.sh bench parity --model FILE [flags]; --help lists them"), err)
	}
	var want []parity.Case
	var rows []parity.Row
	for _, h := range parity.Hosts {
		if !only.MatchString(h.Name) {
			continue
		}
		got, r := h.Ask(ctx, ".", &s, want)
		if rows = append(rows, r); want == nil {
			if r.Err != nil {
				return fmt.Errorf("%s: %w", h.Name, r.Err)
			}
			want = got
			fmt.Printf("%s continues %q with %q\n", h.Name, s.Prompt, got[0].Text)
		}
	}
	if err := parity.Print(os.Stdout, rows); err != nil {
		return err
	}
	for _, r := range rows {
		if r.Err == nil && (!(r.Logits <= *tolerance) || len(r.Answers) > 0) {
			return fmt.Errorf("%s differs", r.Host)
		}
	}
	return nil
}
