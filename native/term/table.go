package term

import (
	"io"
	"strings"
)

// Column is one column of a table.
type Column struct {
	Name  string
	Right bool // numbers are written to the right
}

// Table writes rows under a header, aligned by the width of characters. Cells are cleaned (see Clean). On a terminal that is too narrow
// the widest columns are cut; missing cells are empty.
func (s *Screen) Table(columns []Column, rows [][]string) error {
	const gap = 2
	widths := make([]int, len(columns))
	cells := make([][]string, 0, len(rows)+1)
	header := make([]string, len(columns))
	for i, c := range columns {
		header[i] = Clean(c.Name)
	}
	cells = append(cells, header)
	for _, row := range rows {
		line := make([]string, len(columns))
		for i := range min(len(row), len(columns)) {
			line[i] = Clean(row[i])
		}
		cells = append(cells, line)
	}
	for _, row := range cells {
		for i, c := range row {
			widths[i] = max(widths[i], Width(c))
		}
	}
	if most := s.width(); most > 0 {
		narrow(widths, most-gap*(len(columns)-1))
	}
	var b strings.Builder
	for n, row := range cells {
		var line strings.Builder
		for i, c := range row {
			if i > 0 {
				line.WriteString(strings.Repeat(" ", gap))
			}
			line.WriteString(pad(Truncate(c, widths[i]), widths[i], columns[i].Right))
		}
		text := strings.TrimRight(line.String(), " ")
		if n == 0 {
			rule := 0
			for _, w := range widths {
				rule += w + gap
			}
			text = s.Paint(Bold, text) + "\n" + s.Paint(Dim, strings.Repeat("─", max(rule-gap, 0)))
		}
		b.WriteString(text + "\n")
	}
	_, err := io.WriteString(s.w, b.String())
	return err
}

// narrow shrinks the widest columns, none below 4, until all fit in most.
func narrow(widths []int, most int) {
	const least = 4
	for {
		sum, widest := 0, 0
		for i, w := range widths {
			sum += w
			if w > widths[widest] {
				widest = i
			}
		}
		if sum <= most || len(widths) == 0 || widths[widest] <= least {
			return
		}
		widths[widest]--
	}
}
