// Package report writes what was measured for people and for machines: one document as JSON, and made of it Markdown, a
// standalone HTML page, JUnit XML and the predictions as CSV.
//
// The page has no outside parts: styles, pictures (inline SVG) and both languages are in it, so that it can be mailed and
// opened years later.
package report

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"graft/native/store"
	"graft/shared/eval"
)

// Document is a report: of one system, or of several and their comparison.
type Document struct {
	Format     int              `json:"format"` // 1
	Title      string           `json:"title"`
	Created    time.Time        `json:"created"`
	Version    string           `json:"graft_version"`
	Platform   string           `json:"platform"`
	Identity   [][2]string      `json:"identity"` // name and value: what was measured on what
	Systems    []System         `json:"systems"`
	Comparison *eval.Comparison `json:"comparison,omitempty"`
	Trials     []Attempt        `json:"trials,omitempty"` // of the search that the system comes from
	ScoreName  string           `json:"score,omitempty"`  // what the trials were compared by

	Chinese bool                   `json:"-"` // language that the page opens in, and that Markdown is written in
	Items   []Item                 `json:"-"` // rows, for the lists of errors and the CSV
	Chart   func() ([]byte, error) `json:"-"` // draws the comparison as SVG; nil: none
}

// System is one of those that were measured.
type System struct {
	Name     string       `json:"name"`
	Result   *eval.Result `json:"result"`
	Training *Training    `json:"training,omitempty"`

	Answers *eval.Answers `json:"-"`
	Curves  []Curve       `json:"curves,omitempty"`
}

// Training is what it cost to make a system.
type Training struct {
	Method          string  `json:"method,omitempty"`
	Seconds         float64 `json:"seconds"`
	Trainable       int64   `json:"trainable_parameters"`
	PeakMemoryBytes int64   `json:"peak_memory_bytes"`
	AdapterBytes    int64   `json:"adapter_bytes"`
}

// Attempt is a trial of a search for settings.
type Attempt struct {
	Run     int64   `json:"run"`
	Name    string  `json:"name"`
	Status  string  `json:"status"`
	Score   string  `json:"score"`
	Steps   int     `json:"steps"`
	Of      int     `json:"steps_of"`
	Seconds float64 `json:"seconds"`
	Best    bool    `json:"best,omitempty"`
}

// Curve are the thresholds of a class.
type Curve struct {
	Class  string            `json:"class"`
	Points []eval.CurvePoint `json:"points"`
}

// Item is a row that systems answered.
type Item struct {
	Text  string
	Label string
}

// The curves of a report: of the positive class, or of the first of many.
const (
	mostCurves  = 6
	curvePoints = 150
)

// CurvesOf are the curves of a system's classes.
func CurvesOf(a *eval.Answers, positive string) []Curve {
	var out []Curve
	for i, name := range a.Classes() {
		if len(a.Classes()) == 2 && name != positive || len(out) == mostCurves {
			continue
		}
		if points := a.Curve(i, curvePoints); points != nil {
			out = append(out, Curve{name, points})
		}
	}
	return out
}

// files is the table of what a report consists of.
var files = []struct {
	name  string
	write func(w io.Writer, d *Document) error
}{
	{"report.json", writeJSON},
	{"report.md", WriteMarkdown},
	{"report.html", WriteHTML},
	{"junit.xml", WriteJUnit},
	{"predictions.csv", WritePredictions},
}

// Save writes all files of a report into a directory, which it makes; each is replaced whole.
func Save(dir string, d *Document) error {
	d.Format = 1
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	for _, f := range files {
		path := filepath.Join(dir, f.name)
		if err := store.WriteFile(path, func(w io.Writer) error { return f.write(w, d) }); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return nil
}
