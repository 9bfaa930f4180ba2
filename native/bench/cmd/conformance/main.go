// Command conformance asks a model for answers to JSON Schemas and tells how many are not as their schema asks, which must be
// none, and what a token costs more than one that is said freely. Answers and schemas go to --out as lines of JSON, for
// peers/json_schema.py, which looks at them with another validator.
//
// Cost: for each schema an answer that is held to it and one that is not take turns, with the same prompt and as many tokens, round by
// round, in seconds of the processor. The first round reads the prompt and makes the sets of allowed tokens, and is told apart from
// the others, which find both made.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"graft/native/cpu"
	"graft/native/mmap"
	"graft/shared/api"
	"graft/shared/engine"
	"graft/shared/prompt"
	"graft/shared/tensor"
)

// options are the command line.
type options struct {
	model, out, feature     string
	threads, tokens, rounds int
	activations             int
	temperature             float64
}

func main() {
	var o options
	flag.StringVar(&o.model, "model", "", "GGUF file or directory")
	flag.StringVar(&o.out, "out", "", "file for schemas and answers")
	flag.StringVar(&o.feature, "feature", "", "try only schemas of this feature")
	flag.IntVar(&o.threads, "threads", 1, "of the CPU")
	flag.IntVar(&o.tokens, "max-new-tokens", 64, "of an answer")
	flag.Float64Var(&o.temperature, "temperature", 1, "of the rounds after the first")
	flag.IntVar(&o.rounds, "rounds", 3, "of which the first makes the sets of tokens")
	flag.IntVar(&o.activations, "activations", 8, "precision of activations")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "conformance:", err)
		os.Exit(1)
	}
}

// tally is what came of a feature's schemas.
type tally struct {
	name                      string
	schemas, answers, invalid int
	tokens                    int
}

// line is a schema and an answer in the file for other validators.
type line struct {
	trial
	Schema json.RawMessage `json:"schema"`
	Answer string          `json:"answer"`
}

func run(ctx context.Context, o options) (err error) {
	if o.model == "" || o.rounds < 2 {
		return errors.New("usage: conformance --model file.gguf --rounds 2 or more")
	}
	dir := o.model
	if strings.EqualFold(filepath.Ext(dir), ".gguf") {
		dir = filepath.Dir(dir)
	}
	d, err := cpu.Open(cpu.Options{Threads: o.threads})
	if err != nil {
		return err
	}
	defer d.Close()
	base, err := engine.Open(mmap.FS(dir), d, engine.Options{Name: o.model, Activations: o.activations})
	if err != nil {
		return err
	}
	defer base.Close()
	held, free := base.Generator(nil, tensor.F16), base.Generator(nil, tensor.F16)
	defer held.Close()
	defer free.Close()
	w := bufio.NewWriter(os.Stderr)
	if o.out != "" {
		f, err := os.Create(o.out)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, w.Flush(), f.Close()) }()
		w = bufio.NewWriter(f)
	}
	var tallies []*tally
	var first, later []float64 // seconds of an answer that is held over those of a free one
	for _, t := range trials() {
		if o.feature != "" && o.feature != t.Feature {
			continue
		}
		if len(tallies) == 0 || tallies[len(tallies)-1].name != t.Feature {
			tallies = append(tallies, &tally{name: t.Feature})
		}
		sum := tallies[len(tallies)-1]
		sum.schemas++
		for round := range o.rounds {
			request := api.GenerateRequest{Prompt: "Write one JSON value that fits this JSON Schema: " + t.Schema + "\n", MaxNewTokens: o.tokens, Seed: uint64(round)}
			if round > 0 {
				request.Temperature = o.temperature
			}
			request.ResponseFormat = &api.ResponseFormat{JSONSchema: json.RawMessage(t.Schema)}
			answer, heldSeconds, err := timed(ctx, held, request)
			if err != nil {
				return fmt.Errorf("%s: %w", t.Schema, err)
			}
			request.ResponseFormat, request.MaxNewTokens = nil, answer.CompletionTokens
			plain, freeSeconds, err := timed(ctx, free, request)
			if err != nil {
				return err
			}
			if plain.CompletionTokens == answer.CompletionTokens { // the same prompt and as many tokens: the same work but for the form
				ratio := heldSeconds / freeSeconds
				if round == 0 {
					first = append(first, ratio)
				} else {
					later = append(later, ratio)
				}
			}
			sum.answers, sum.tokens = sum.answers+1, sum.tokens+answer.CompletionTokens
			if bad := wrong(t.Schema, answer.Text); bad != "" {
				sum.invalid++
				fmt.Fprintf(os.Stderr, "%s\n  %s\n  %s\n", t.Schema, answer.Text, bad)
			}
			if o.out != "" {
				data, err := json.Marshal(line{t, json.RawMessage(t.Schema), answer.Text})
				if err != nil {
					return err
				}
				w.Write(append(data, '\n'))
			}
		}
	}
	return tell(tallies, first, later)
}

// timed is an answer and the processor's seconds it took, which other work on the machine changes little.
func timed(ctx context.Context, g *engine.Generator, r api.GenerateRequest) (api.Generation, float64, error) {
	start := processorSeconds()
	out, err := g.Generate(ctx, r)
	return out, processorSeconds() - start, err
}

// wrong says what an answer lacks of its schema, "" for nothing.
func wrong(schema, answer string) string {
	v, err := prompt.ParseJSON([]byte(answer))
	if err != nil {
		return err.Error()
	}
	s, err := prompt.ParseJSON([]byte(schema))
	if err != nil {
		return err.Error()
	}
	if o, ok := s.(*prompt.Object); ok {
		return strings.Join(prompt.Validate(o, v), "; ")
	}
	return ""
}

func tell(tallies []*tally, first, later []float64) error {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 1, ' ', 0)
	var all tally
	fmt.Fprintln(w, "| feature\t| schemas\t| answers\t| invalid\t| tokens\t|")
	fmt.Fprintln(w, "|---\t|---:\t|---:\t|---:\t|---:\t|")
	for _, t := range append(tallies, &all) {
		if t == &all {
			t.name = "all"
		} else {
			all.schemas, all.answers, all.invalid, all.tokens = all.schemas+t.schemas, all.answers+t.answers, all.invalid+t.invalid, all.tokens+t.tokens
		}
		fmt.Fprintf(w, "| %s\t| %d\t| %d\t| %d\t| %d\t|\n", t.name, t.schemas, t.answers, t.invalid, t.tokens)
	}
	w.Flush()
	for _, c := range []struct {
		name   string
		ratios []float64
	}{{"first answer of a schema", first}, {"later answers", later}} {
		slices.Sort(c.ratios)
		if n := len(c.ratios); n > 0 {
			fmt.Printf("%s: a token costs %.3f of a free one (median of %d; quartiles %.3f, %.3f)\n", c.name, c.ratios[n/2], n, c.ratios[n/4], c.ratios[3*n/4])
		}
	}
	if all.invalid > 0 {
		return fmt.Errorf("%d of %d answers are not as their schema asks", all.invalid, all.answers)
	}
	return nil
}
