package report

import (
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"graft/shared/eval"
)

func writeJSON(w io.Writer, d *Document) error { return encodeJSON(w, d) }

func encodeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// WritePredictions writes a row for each answer of each system, in the form that graft eval --predictions reads: a file of
// several systems has a column system to select by.
func WritePredictions(w io.Writer, d *Document) error {
	c := csv.NewWriter(w)
	header := []string{"row", "text", "label", "pred"}
	if len(d.Systems) > 1 {
		header = append([]string{"system"}, header...)
	}
	probs := d.Systems[0].Answers != nil && d.Systems[0].Answers.Probs(0) != nil
	if probs {
		for _, name := range d.Systems[0].Answers.Classes() {
			header = append(header, "prob_"+name)
		}
	}
	if err := c.Write(header); err != nil {
		return err
	}
	for _, s := range d.Systems {
		a := s.Answers
		if a == nil {
			continue
		}
		for i := range a.Len() {
			row := []string{strconv.Itoa(i + 1), d.text(i), a.Classes()[a.Label(i)], ""}
			if p := a.Pred(i); p != eval.NoAnswer {
				row[3] = a.Classes()[p]
			}
			if len(d.Systems) > 1 {
				row = append([]string{s.Name}, row...)
			}
			if probs {
				for j := range a.Classes() {
					v := ""
					if p := a.Probs(i); p != nil {
						v = strconv.FormatFloat(p[j], 'g', -1, 64)
					}
					row = append(row, v)
				}
			}
			if err := c.Write(row); err != nil {
				return err
			}
		}
	}
	c.Flush()
	return c.Error()
}

// text is the text of a row, if it is known.
func (d *Document) text(row int) string {
	if row < len(d.Items) {
		return d.Items[row].Text
	}
	return ""
}

// The elements of JUnit's XML, as CI systems read it.
type (
	junitSuites struct {
		XMLName xml.Name     `xml:"testsuites"`
		Suites  []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name       string          `xml:"name,attr"`
		Tests      int             `xml:"tests,attr"`
		Failures   int             `xml:"failures,attr"`
		Errors     int             `xml:"errors,attr"`
		Skipped    int             `xml:"skipped,attr"`
		Timestamp  string          `xml:"timestamp,attr"`
		Properties []junitProperty `xml:"properties>property,omitempty"`
		Cases      []junitCase     `xml:"testcase"`
	}
	junitProperty struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	junitCase struct {
		Name    string        `xml:"name,attr"`
		Class   string        `xml:"classname,attr"`
		Seconds float64       `xml:"time,attr,omitempty"`
		Failure *junitMessage `xml:"failure,omitempty"`
		Error   *junitMessage `xml:"error,omitempty"`
		Skipped *junitMessage `xml:"skipped,omitempty"`
	}
	junitMessage struct {
		Message string `xml:"message,attr"`
	}
)

// WriteJUnit writes a test suite for each system: its targets are the tests, its metrics the properties. What was not
// measured, or not often enough, is skipped.
func WriteJUnit(w io.Writer, d *Document) error {
	var all junitSuites
	for _, s := range d.Systems {
		suite := junitSuite{Name: legal(s.Name), Timestamp: d.Created.UTC().Format("2006-01-02T15:04:05")}
		for _, m := range eval.Metrics {
			if v, ok := s.Result.Values[m.Name]; ok {
				suite.Properties = append(suite.Properties, junitProperty{m.Name, fmt.Sprint(v)})
			}
		}
		for _, t := range s.Result.Targets {
			c := junitCase{Name: fmt.Sprintf("%s %s %g", t.Name, t.Op, t.Limit), Class: legal(s.Name)}
			got := "not measured"
			if t.Measure != nil {
				got = fmt.Sprintf("%s: %.6g", t.Verdict, t.Measure.Value)
				if t.Measure.Interval != nil {
					got += " " + t.Measure.Interval.String()
				}
			}
			switch t.Verdict {
			case eval.Fail:
				c.Failure = &junitMessage{got}
				suite.Failures++
			case eval.NotEnoughData, eval.NotMeasured:
				c.Skipped = &junitMessage{got}
				suite.Skipped++
			}
			suite.Cases = append(suite.Cases, c)
		}
		suite.Tests = len(suite.Cases)
		all.Suites = append(all.Suites, suite)
	}
	return writeSuites(w, all)
}

func writeSuites(w io.Writer, all junitSuites) error {
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// legal replaces what XML 1.0 cannot hold.
func legal(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' || r == '\n' || r == '\r' || r >= 0x20 && r <= 0xd7ff || r >= 0xe000 && r <= 0xfffd || r >= 0x10000 {
			return r
		}
		return utf8.RuneError
	}, s)
}
