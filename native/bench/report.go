package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Report is all that was measured.
type Report struct {
	Suites   []string   `json:"suites"`
	Started  time.Time  `json:"started"`
	Machine  Machine    `json:"machine"`
	Rounds   int        `json:"rounds"`
	Threads  int        `json:"threads"`
	Others   float64    `json:"others"` // largest share of other processes during a run, negative if unknown
	Lines    []Line     `json:"lines"`
	Contests []Measured `json:"contests"`
}

// Measured is a contest with what its programs printed.
type Measured struct {
	Name        string             `json:"name"`
	Title       string             `json:"title"`
	Contestants []Contestant       `json:"contestants"`
	Results     [][]map[string]any `json:"results"` // of each contestant, round by round
}

// NewReport is empty.
func NewReport(rounds, threads int) *Report {
	return &Report{Started: time.Now(), Machine: ThisMachine(), Rounds: rounds, Threads: threads, Others: -1}
}

// Add takes a contest's runs in.
func (r *Report) Add(c *Contest, runs *Runs) {
	m := Measured{Name: c.Name, Title: c.Title, Contestants: c.Contestants}
	for _, outcomes := range runs.Outcomes {
		results := []map[string]any{}
		for _, o := range outcomes {
			results = append(results, o.Result)
		}
		m.Results = append(m.Results, results)
	}
	r.Contests = append(r.Contests, m)
	r.Lines = append(r.Lines, c.Lines(runs)...)
	r.Others = max(r.Others, runs.Others())
}

// Failed reports whether any program gave nothing to compare.
func (r *Report) Failed() bool {
	return slices.ContainsFunc(r.Lines, func(l Line) bool { return l.Error != "" })
}

// Versions are what programs say of themselves, under "version" or "versions", and of the kernels they use: "system".
func (r *Report) Versions() (out []string) {
	for _, c := range r.Contests {
		for i, p := range c.Contestants {
			if i >= len(c.Results) || len(c.Results[i]) == 0 {
				continue
			}
			o := c.Results[i][0]
			words := []string{}
			if v, ok := o["version"].(string); ok {
				words = append(words, v)
			}
			if v, ok := o["versions"].(map[string]any); ok {
				for _, k := range slices.Sorted(maps.Keys(v)) {
					words = append(words, fmt.Sprintf("%s %v", k, v[k]))
				}
			}
			if v, ok := o["system"].(string); ok {
				words = append(words, v)
			}
			if name, ok := o["peer"].(string); ok && len(words) > 0 {
				if s := name + ": " + strings.Join(words, ", "); !slices.Contains(out, s) {
					out = append(out, s)
				}
			} else if len(words) > 0 {
				out = append(out, p.Name+": "+strings.Join(words, ", "))
			}
		}
	}
	return out
}

// Save writes the report into a directory as bench-SUITES.md and .json, in place of an earlier one.
func (r *Report) Save(dir string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	base := filepath.Join(dir, "bench-"+strings.Join(r.Suites, "-"))
	for _, f := range []struct {
		ext   string
		write func(io.Writer) error
	}{
		{".md", r.Markdown},
		{".json", func(w io.Writer) error {
			e := json.NewEncoder(w)
			e.SetIndent("", "  ")
			e.SetEscapeHTML(false)
			return e.Encode(r)
		}},
	} {
		var b strings.Builder
		if err := f.write(&b); err != nil {
			return fmt.Errorf("%s: %w", base+f.ext, err)
		}
		if err := os.WriteFile(base+f.ext, []byte(b.String()), 0o666); err != nil {
			return err
		}
	}
	return nil
}
