package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// WriteMarkdown writes the report's tables, in one language.
func WriteMarkdown(w io.Writer, d *Document) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "# %s\n\n", markdown(d.Title))
	for _, p := range d.identity() {
		fmt.Fprintf(b, "- %s: %s\n", markdown(p[0]), markdown(p[1]))
	}
	for _, s := range d.comparisonSections() {
		d.writeTable(b, "##", s)
	}
	for i := range d.Systems {
		s := &d.Systems[i]
		level := "##"
		if len(d.Systems) > 1 {
			fmt.Fprintf(b, "\n## %s\n", markdown(s.Name))
			level = "###"
		}
		for _, x := range d.sections(s) {
			d.writeTable(b, level, x)
		}
		for j, warning := range s.Result.Warnings {
			if j == 0 {
				fmt.Fprintf(b, "\n%s %s\n\n", level, wWarnings.of(d.Chinese))
			}
			fmt.Fprintf(b, "- %s\n", markdown(warning))
		}
	}
	return b.Flush()
}

// identity is what was measured, and by what.
func (d *Document) identity() [][2]string {
	out := [][2]string{{words{"date", "日期"}.of(d.Chinese), d.Created.Format("2006-01-02 15:04 MST")}, {"graft", d.Version + ", " + d.Platform}}
	for _, p := range d.Identity {
		if p[1] != "" {
			out = append(out, p)
		}
	}
	return out
}

func (d *Document) writeTable(b *bufio.Writer, level string, s section) {
	if len(s.rows) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s %s\n\n|", level, markdown(s.title.of(d.Chinese)))
	for _, c := range s.columns {
		fmt.Fprintf(b, " %s |", markdown(c.of(d.Chinese)))
	}
	b.WriteString("\n|")
	for i := range s.columns {
		if i >= s.right {
			b.WriteString("---:|")
		} else {
			b.WriteString("---|")
		}
	}
	b.WriteByte('\n')
	for _, row := range s.rows {
		b.WriteString("|")
		for _, c := range row {
			fmt.Fprintf(b, " %s |", markdown(c.text.of(d.Chinese)))
		}
		b.WriteByte('\n')
	}
}

var markdownEscapes = strings.NewReplacer("\\", "\\\\", "|", "\\|", "\r", " ", "\n", " ", "*", "\\*", "_", "\\_", "<", "&lt;", "`", "\\`", "[", "\\[")

// markdown makes a text one cell of a table, without a meaning of its own.
func markdown(s string) string { return markdownEscapes.Replace(s) }
