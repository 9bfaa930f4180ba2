package report

import (
	_ "embed"
	"html/template"
	"io"
	"strings"

	"graft/shared/prompt"
)

//go:embed page.html
var pageText string

var page = template.Must(template.New("page").Parse(pageText))

// The page's view of a report.
type (
	pageView struct {
		Lang     string
		Title    string
		Identity [][2]string
		Parts    []partView
	}
	partView struct {
		Name     string // "" for the comparison
		Open     bool
		Sections []sectionView
		Warnings []string
	}
	sectionView struct {
		Title   template.HTML
		Columns []columnView
		Rows    [][]cellView
		Picture template.HTML
	}
	columnView struct {
		Name  template.HTML
		Right bool
	}
	cellView struct {
		Text  template.HTML
		Class string
		Shade float64
	}
)

// WriteHTML writes a page that needs nothing beside itself.
func WriteHTML(w io.Writer, d *Document) error {
	v := pageView{Lang: "en", Title: d.Title, Identity: d.identity()}
	if d.Chinese {
		v.Lang = "zh"
	}
	if s := d.comparisonSections(); len(s) > 0 {
		v.Parts = append(v.Parts, partView{Open: true, Sections: views(s)})
	}
	for i := range d.Systems {
		s := &d.Systems[i]
		v.Parts = append(v.Parts, partView{Name: s.Name, Open: len(d.Systems) == 1, Sections: views(d.sections(s)), Warnings: s.Result.Warnings})
	}
	return page.Execute(w, v)
}

func views(sections []section) []sectionView {
	var out []sectionView
	for _, s := range sections {
		v := sectionView{Title: s.title.both()}
		for i, c := range s.columns {
			v.Columns = append(v.Columns, columnView{c.both(), i >= s.right})
		}
		for _, row := range s.rows {
			var cells []cellView
			for i, c := range row {
				class := strings.ReplaceAll(c.mark, " ", "-")
				if i >= s.right {
					class += " right"
				}
				text := c.text.both()
				if c.edits != nil {
					text = editsHTML(c.edits)
				}
				cells = append(cells, cellView{text, class, c.shade})
			}
			v.Rows = append(v.Rows, cells)
		}
		if s.picture != nil {
			v.Picture = template.HTML(s.picture())
		}
		out = append(out, v)
	}
	return out
}

// editsHTML marks what went and what came.
func editsHTML(edits []prompt.Edit) template.HTML {
	var b strings.Builder
	for _, e := range edits {
		mark := map[prompt.EditKind]string{prompt.Deleted: "del", prompt.Added: "ins", prompt.Kept: "span"}[e.Kind]
		b.WriteString("<" + mark + ">" + template.HTMLEscapeString(e.Text) + "</" + mark + ">")
	}
	return template.HTML(b.String())
}
