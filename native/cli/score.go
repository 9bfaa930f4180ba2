package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"graft/native/parquet"
	"graft/native/term"
	"graft/shared/dataset"
	"graft/shared/engine"
	"graft/shared/eval"
)

// readTable reads a data file.
func readTable(path string, c dataset.Columns) (*dataset.Table, error) {
	if strings.EqualFold(filepath.Ext(path), ".parquet") {
		return parquet.Read(path, c)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return dataset.Read(f, path, c)
}

const (
	// scoreBatch is the texts that are classified together for the metrics and the throughput.
	scoreBatch = 32
	// latencyTexts is the most texts that are classified alone, for the latency.
	latencyTexts = 100
)

// scored is an evaluation with what it was made of.
type scored struct {
	name     string
	identity [][2]string // what was measured on what, for reports
	answers  *eval.Answers
	texts    []string // by answer; nil if they are not known
	result   *eval.Result
}

// classify lets a model answer the rows of a table, and says how many rows a second it did.
func (a *app) classify(ctx context.Context, cl *engine.Classifier, table *dataset.Table, positive string) (*eval.Answers, float64, error) {
	labels, err := dataset.NewLabels(cl.Labels())
	if err != nil {
		return nil, 0, err
	}
	ids, err := labels.IDs(table)
	if err != nil {
		return nil, 0, err
	}
	answers, err := eval.NewAnswers(labels.Names(), positive)
	if err != nil {
		return nil, 0, err
	}
	bar := a.err.Bar(a.lang.of(text{"evaluate", "评估"}), a.lang.of(text{"row", "行"}), int64(len(table.Rows)))
	defer bar.End()
	texts := textsOf(table)
	start := time.Now()
	for at := 0; at < len(texts); at += scoreBatch {
		to := min(at+scoreBatch, len(texts))
		probs, err := cl.Classify(ctx, texts[at:to])
		if err != nil {
			return nil, 0, fmt.Errorf("%s: rows %d to %d: %w", table.Name, at+1, to, err)
		}
		for i, p := range probs {
			if err := answers.Add(ids[at+i], best(p), p); err != nil {
				return nil, 0, err
			}
		}
		bar.Set(int64(to), 0, term.Field{Name: "accuracy", Value: fmt.Sprintf("%.3f", answers.Confusion().Accuracy())})
	}
	return answers, float64(len(texts)) / time.Since(start).Seconds(), nil
}

func textsOf(table *dataset.Table) []string {
	texts := make([]string, len(table.Rows))
	for i, r := range table.Rows {
		texts[i] = r.Text
	}
	return texts
}

// score classifies the rows of a table and sums the answers up. positive is the class of the binary metrics, "" the last.
func (a *app) score(ctx context.Context, cl *engine.Classifier, table *dataset.Table, positive string) (*scored, error) {
	answers, qps, err := a.classify(ctx, cl, table, positive)
	if err != nil {
		return nil, err
	}
	r, err := answers.Score(eval.Bootstrap{})
	if err != nil {
		return nil, err
	}
	r.ThroughputQPS = qps
	texts := textsOf(table)
	l, err := latency(ctx, cl, texts)
	if err != nil {
		return nil, err
	}
	r.Latency = &l
	r.PeakMemoryBytes = peakMemory()
	return &scored{answers: answers, texts: texts, result: r}, nil
}

// loadWarmup is the share of a load's requests that are not counted: programs are compiled in them.
const loadWarmup = 0.1

// loads offers the model the loads that --load names.
func (e *evaluation) loads(ctx context.Context, cl *engine.Classifier, s *scored) error {
	j := e.judgement
	for _, rate := range j.load {
		o := eval.LoadOptions{Rate: rate, Duration: time.Duration(j.loadSeconds * float64(time.Second)), Warmup: loadWarmup, Batch: scoreBatch,
			Limit: time.Duration(j.limitMS * float64(time.Millisecond))}
		l, err := eval.RunLoad(ctx, o, func(ctx context.Context, requests []int) error {
			texts := make([]string, len(requests))
			for i, r := range requests {
				texts[i] = s.texts[r%len(s.texts)]
			}
			_, err := cl.Classify(ctx, texts)
			return err
		})
		if err != nil {
			return err
		}
		s.result.Loads = append(s.result.Loads, l)
	}
	return nil
}

// latency is how long single texts take, of texts spread over all: each is classified twice, and the first time, which
// may compile a program of its size, is not counted.
func latency(ctx context.Context, cl *engine.Classifier, texts []string) (eval.Latency, error) {
	n := min(len(texts), latencyTexts)
	took := make([]time.Duration, n)
	for i := range n {
		one := texts[i*len(texts)/n:][:1]
		for range 2 {
			start := time.Now()
			if _, err := cl.Classify(ctx, one); err != nil {
				return eval.Latency{}, err
			}
			took[i] = time.Since(start)
		}
	}
	return eval.LatencyOf(took), nil
}

func best(p []float64) int32 {
	most := 0
	for i, v := range p {
		if v > p[most] {
			most = i
		}
	}
	return int32(most)
}
