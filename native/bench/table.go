package bench

import (
	"fmt"
	"io"
	"math"
	"strings"

	"graft/native/term"
)

// columns of the one table; a cell of the first two is empty where it is that of the row above.
var columns = []term.Column{{Name: "work"}, {Name: "figure"}, {Name: "program"}, {Name: "median", Right: true}, {Name: "min–max", Right: true}, {Name: "graft ÷ it", Right: true}}

// rows are the table's cells.
func rows(lines []Line) (cells [][]string) {
	work, figure := "", ""
	for _, l := range lines {
		row := []string{"", "", l.Program, "", "", ""}
		if l.Contest != work {
			work, figure = l.Contest, ""
			row[0] = work
		}
		if name := l.Metric + ", " + l.Unit; name != figure {
			figure = name
			row[1] = name
		}
		if l.Figure != nil {
			row[3], row[4] = number(l.Figure.Median), number(l.Figure.Min)+"–"+number(l.Figure.Max)
		} else {
			row[3] = "none (see below)"
		}
		if l.Ratio != nil {
			row[5] = fmt.Sprintf("%.2f", l.Ratio.Median)
		}
		cells = append(cells, row)
	}
	return cells
}

// number has about four digits.
func number(v float64) string {
	switch a := math.Abs(v); {
	case a >= 100:
		return fmt.Sprintf("%.0f", v)
	case a >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.3g", v)
}

// errorsOf are the contestants that gave nothing, each once.
func errorsOf(lines []Line) (out []string) {
	seen := map[string]bool{}
	for _, l := range lines {
		if s := l.Contest + ": " + l.Program + ": " + l.Error; l.Error != "" && !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}

// Table writes the report's lines for a terminal.
func (r *Report) Table(s *term.Screen, w io.Writer) error {
	if err := s.Table(columns, rows(r.Lines)); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w, "\n"+strings.Join(r.notes(), "\n"))
	return err
}

// Markdown writes the whole report as a page.
func (r *Report) Markdown(w io.Writer) error {
	var b strings.Builder
	names, rule := "|", "|"
	for _, c := range columns {
		names += " " + c.Name + " |"
		rule += map[bool]string{false: " --- |", true: " ---: |"}[c.Right]
	}
	fmt.Fprintf(&b, "# bench %s\n\n%s\n%s\n", strings.Join(r.Suites, " "), names, rule)
	for _, row := range rows(r.Lines) {
		for i, c := range row {
			row[i] = strings.ReplaceAll(c, "|", "\\|")
		}
		b.WriteString("| " + strings.Join(row, " | ") + " |\n")
	}
	b.WriteString("\n- " + strings.Join(r.notes(), "\n- ") + "\n\n## Commands\n\n```\n")
	for _, c := range r.Contests {
		fmt.Fprintf(&b, "# %s\n", c.Title)
		for _, p := range c.Contestants {
			b.WriteString(p.Line() + "\n")
		}
	}
	b.WriteString("```\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// notes say where and how the figures came about.
func (r *Report) notes() []string {
	notes := []string{
		"machine: " + r.Machine.String(),
		fmt.Sprintf("%d interleaved rounds, each program a new process with %d threads; graft ÷ it: median of the rounds' ratios", r.Rounds, r.Threads),
	}
	for _, v := range r.Versions() {
		notes = append(notes, "measured: "+v)
	}
	switch {
	case r.Others < 0:
	case r.Others > busyMachine:
		notes = append(notes, fmt.Sprintf("WARNING: other processes took up to %.0f %% of the machine during a run: repeat this on an idle one", 100*r.Others))
	default:
		notes = append(notes, fmt.Sprintf("other processes took at most %.0f %% of the machine during a run", 100*r.Others))
	}
	for _, e := range errorsOf(r.Lines) {
		notes = append(notes, "NOT COMPARED: "+e)
	}
	return notes
}

// busyMachine is the share of other processes from which figures mean little: threads that spin for each other, as
// OpenMP's do, suffer first and most.
const busyMachine = 0.1

// Line is the command as a shell takes it.
func (c Contestant) Line() string {
	words := append([]string{}, c.Env...)
	for _, w := range c.Command {
		if strings.ContainsAny(w, " \t\n'\"$&|;<>()*?[]#~\\`") || w == "" {
			w = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
		words = append(words, w)
	}
	return strings.Join(words, " ")
}
