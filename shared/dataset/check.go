package dataset

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// Report is what Check finds in a table.
type Report struct {
	File       string       `json:"file"`
	Form       string       `json:"form"`
	Rows       int          `json:"rows"`
	Labels     []LabelCount `json:"labels,omitempty"`    // of labelled rows, the most frequent first
	Imbalance  float64      `json:"imbalance,omitempty"` // rows of the largest class for one of the smallest
	Lengths    Lengths      `json:"lengths"`
	Duplicates Duplicates   `json:"duplicates"`
	Conflicts  []Conflict   `json:"conflicts"`       // the first
	Conflicted int          `json:"conflicted_rows"` // rows of all conflicts
	Leaks      []Leak       `json:"leaks"`
	Findings   []Finding    `json:"findings"`
}

// LabelCount is a class and its rows.
type LabelCount struct {
	Name  string  `json:"name"`
	Rows  int     `json:"rows"`
	Share float64 `json:"share"`
}

// Lengths are of the rows' contents.
type Lengths struct {
	Unit               string  `json:"unit"` // characters or tokens
	Min, Max           int     `json:"-"`
	Mean               float64 `json:"mean"`
	P50, P90, P95, P99 int     `json:"-"`
	Quantiles          [6]int  `json:"min_p50_p90_p95_p99_max"`
	Edges              []int   `json:"histogram_edges"` // bin i is from edge i to before edge i+1; the last includes its end
	Bins               []int   `json:"histogram"`
	MaxLength          int     `json:"max_length,omitempty"` // the limit that Longer is of
	Longer             int     `json:"longer,omitempty"`     // rows beyond MaxLength
}

// Duplicates counts rows whose text, or nearly their text, came before.
type Duplicates struct {
	Exact    int    `json:"exact"`
	Near     int    `json:"near"`
	Examples []Pair `json:"examples"`
}

// Pair is a row and the earlier one, or the one of another file, that it repeats.
type Pair struct {
	Line       int     `json:"line"`
	Other      int     `json:"other_line"`
	Similarity float64 `json:"similarity"`
	Text       string  `json:"text"`
}

// Conflict is a text that occurs with different labels.
type Conflict struct {
	Text   string   `json:"text"`
	Labels []string `json:"labels"`
	Lines  []int    `json:"lines"`
	key    string
}

// Leak counts rows of another file, of which this is the training data, that were seen in training; or those of a file that
// an earlier one has too, as test data that are in the validation data.
type Leak struct {
	File     string `json:"file"`
	In       string `json:"in,omitempty"` // the earlier file; "": the training data
	Rows     int    `json:"rows"`         // of that file
	Exact    int    `json:"exact"`
	Near     int    `json:"near"`
	Examples []Pair `json:"examples"`
	Unknown  int    `json:"unknown_labels"` // rows whose label the training data does not have
}

// Finding is something to mend or to know.
type Finding struct {
	Code  string  `json:"code"` // leak, shared, unknown_label, conflicts, near_leak, near_shared, duplicates, near_duplicates, imbalance, few_rows, too_long
	Grave bool    `json:"error"`
	Count int     `json:"count"`
	Of    int     `json:"of"`
	Value float64 `json:"value,omitempty"`
	Name  string  `json:"name,omitempty"` // of the file or class it is about
	Other string  `json:"in,omitempty"`   // of shared and near_shared: the file that has the rows, too
}

// CheckOptions change a Check.
type CheckOptions struct {
	Against   []*Table            // validation and test data, which training must not have seen, and which must not share rows
	Length    func(r *Row) int    // nil: characters
	MaxLength int                 // of Length; 0: none
	ExactOnly bool                // do not look for near repeats, which takes a second for some thousand rows
	Progress  func(rows, all int) // called now and then
}

// The limits of findings, and of what is shown.
const (
	imbalanceLimit = 10 // rows of the largest class for one of the smallest
	fewRows        = 16 // of a class: too few to learn and to measure from
	mostExamples   = 20
	exampleLength  = 80 // characters
)

// Check examines a table.
func (t *Table) Check(o CheckOptions) *Report {
	r := &Report{File: t.Name, Form: t.Form.String(), Rows: len(t.Rows), Conflicts: []Conflict{}, Leaks: []Leak{}, Findings: []Finding{}}
	all := len(t.Rows)
	for i, other := range o.Against {
		all += (i + 1) * len(other.Rows)
	}
	done := 0
	step := func() {
		if done++; o.Progress != nil && done%256 == 0 {
			o.Progress(done, all)
		}
	}
	r.countLabels(t)
	r.measure(t, o)
	index := r.repeats(t, newSeen(o.ExactOnly), step)
	conflicts := t.conflicts()
	for _, c := range conflicts {
		r.Conflicted += len(c.Lines)
	}
	r.Conflicts = append(r.Conflicts, conflicts[:min(len(conflicts), mostExamples)]...)
	for _, other := range o.Against {
		l := index.leak(other, step)
		for _, row := range other.Rows {
			if !slices.ContainsFunc(r.Labels, func(c LabelCount) bool { return c.Name == row.Label }) && t.Form == Labelled {
				l.Unknown++
			}
		}
		r.Leaks = append(r.Leaks, l)
	}
	for i, earlier := range o.Against {
		if i+1 == len(o.Against) {
			break
		}
		index := newSeen(o.ExactOnly)
		for j := range earlier.Rows {
			index.add(&earlier.Rows[j], fold(earlier.Rows[j].Content()))
		}
		for _, later := range o.Against[i+1:] {
			l := index.leak(later, step)
			l.In = earlier.Name
			r.Leaks = append(r.Leaks, l)
		}
	}
	r.judge()
	return r
}

func (r *Report) countLabels(t *Table) {
	if t.Form != Labelled {
		return
	}
	count := map[string]int{}
	for _, row := range t.Rows {
		count[row.Label]++
	}
	for _, name := range slices.Sorted(maps.Keys(count)) {
		r.Labels = append(r.Labels, LabelCount{name, count[name], float64(count[name]) / float64(len(t.Rows))})
	}
	slices.SortStableFunc(r.Labels, func(a, b LabelCount) int { return cmp.Compare(b.Rows, a.Rows) })
	r.Imbalance = float64(r.Labels[0].Rows) / float64(r.Labels[len(r.Labels)-1].Rows)
}

func (r *Report) measure(t *Table, o CheckOptions) {
	l := Lengths{Unit: "tokens", MaxLength: o.MaxLength}
	if o.Length == nil {
		l.Unit, o.Length = "characters", func(r *Row) int { return utf8.RuneCountInString(strings.TrimRight(r.Content(), "\n")) }
	}
	n := make([]int, len(t.Rows))
	for i := range t.Rows {
		n[i] = o.Length(&t.Rows[i])
		l.Mean += float64(n[i]) / float64(len(t.Rows))
		if o.MaxLength > 0 && n[i] > o.MaxLength {
			l.Longer++
		}
	}
	slices.Sort(n)
	at := func(q float64) int { return n[min(int(q*float64(len(n))), len(n)-1)] }
	l.Min, l.P50, l.P90, l.P95, l.P99, l.Max = n[0], at(0.5), at(0.9), at(0.95), at(0.99), n[len(n)-1]
	l.Quantiles = [6]int{l.Min, l.P50, l.P90, l.P95, l.P99, l.Max}
	const bins = 16
	width := max(1, (l.Max-l.Min+bins)/bins)
	for e := l.Min; ; e += width {
		if l.Edges = append(l.Edges, e); e > l.Max {
			break
		}
		l.Bins = append(l.Bins, 0)
	}
	for _, v := range n {
		l.Bins[(v-l.Min)/width]++
	}
	r.Lengths = l
}

// seen is the texts of a table, each once.
type seen struct {
	first map[string]int // line of the first row, by folded text
	lines []int          // of each text of near
	near  *similarIndex  // nil: near repeats are not looked for
}

func newSeen(exactOnly bool) *seen {
	s := &seen{first: map[string]int{}}
	if !exactOnly {
		s.near = newSimilarIndex()
	}
	return s
}

// add takes a row with its folded text, unless a row of that text is there.
func (s *seen) add(row *Row, key string) {
	if _, ok := s.first[key]; ok {
		return
	}
	s.first[key] = row.Line
	s.lines = append(s.lines, row.Line)
	if s.near != nil {
		s.near.add(key)
	}
}

// repeats counts what occurs again, in an index that is empty.
func (r *Report) repeats(t *Table, s *seen, step func()) *seen {
	d := Duplicates{Examples: []Pair{}}
	for i := range t.Rows {
		row := &t.Rows[i]
		key := fold(row.Content())
		p, kind := s.look(row, key)
		switch kind {
		case same:
			d.Exact++
		case nearly:
			d.Near++
		}
		if kind != fresh && len(d.Examples) < mostExamples {
			d.Examples = append(d.Examples, p)
		}
		if kind != same {
			s.add(row, key)
		}
		step()
	}
	r.Duplicates = d
	return s
}

// repeated is how a text was seen before.
type repeated int

const (
	fresh repeated = iota
	nearly
	same
)

func (s *seen) look(row *Row, key string) (Pair, repeated) {
	p := Pair{Line: row.Line, Text: excerpt(row)}
	if line, ok := s.first[key]; ok {
		p.Other, p.Similarity = line, 1
		return p, same
	}
	if s.near == nil {
		return p, fresh
	}
	if i, similarity, ok := s.near.find(key, NearSimilarity); ok {
		p.Other, p.Similarity = s.lines[i], similarity
		return p, nearly
	}
	return p, fresh
}

func (s *seen) leak(other *Table, step func()) Leak {
	l := Leak{File: other.Name, Rows: len(other.Rows), Examples: []Pair{}}
	for i := range other.Rows {
		row := &other.Rows[i]
		p, kind := s.look(row, fold(row.Content()))
		switch kind {
		case same:
			l.Exact++
		case nearly:
			l.Near++
		}
		if kind != fresh && len(l.Examples) < mostExamples {
			l.Examples = append(l.Examples, p)
		}
		step()
	}
	return l
}

// conflicts are the texts with several labels, in the order in which they first occur.
func (t *Table) conflicts() []Conflict {
	if t.Form != Labelled {
		return nil
	}
	at := map[string]int{}
	var all []Conflict
	for i := range t.Rows {
		row := &t.Rows[i]
		key := fold(row.Content())
		j, ok := at[key]
		if !ok {
			j = len(all)
			at[key] = j
			all = append(all, Conflict{Text: excerpt(row), key: key})
		}
		c := &all[j]
		c.Lines = append(c.Lines, row.Line)
		if !slices.Contains(c.Labels, row.Label) {
			c.Labels = append(c.Labels, row.Label)
		}
	}
	return slices.DeleteFunc(all, func(c Conflict) bool { return len(c.Labels) < 2 })
}

// excerpt is the beginning of a row's content.
func excerpt(r *Row) string {
	s := []rune(strings.Join(strings.Fields(r.Content()), " "))
	if len(s) > exampleLength {
		return string(s[:exampleLength]) + "…"
	}
	return string(s)
}

// judge lists findings, the grave ones first.
func (r *Report) judge() {
	add := func(code string, grave bool, count, of int, value float64, file string) {
		if count > 0 {
			r.Findings = append(r.Findings, Finding{Code: code, Grave: grave, Count: count, Of: of, Value: value, Name: file})
		}
	}
	for _, l := range r.Leaks {
		if l.In != "" {
			for _, f := range []Finding{{Code: "shared", Grave: true, Count: l.Exact}, {Code: "near_shared", Count: l.Near}} {
				if f.Of, f.Name, f.Other = l.Rows, l.File, l.In; f.Count > 0 {
					r.Findings = append(r.Findings, f)
				}
			}
			continue
		}
		add("leak", true, l.Exact, l.Rows, 0, l.File)
		add("unknown_label", true, l.Unknown, l.Rows, 0, l.File)
		add("near_leak", false, l.Near, l.Rows, 0, l.File)
	}
	add("conflicts", true, r.Conflicted, r.Rows, 0, "")
	add("duplicates", false, r.Duplicates.Exact, r.Rows, 0, "")
	add("near_duplicates", false, r.Duplicates.Near, r.Rows, 0, "")
	if r.Imbalance >= imbalanceLimit {
		add("imbalance", false, r.Labels[len(r.Labels)-1].Rows, r.Rows, r.Imbalance, "")
	}
	for _, l := range r.Labels {
		if l.Rows < fewRows {
			add("few_rows", false, l.Rows, r.Rows, fewRows, l.Name)
		}
	}
	add("too_long", false, r.Lengths.Longer, r.Rows, float64(r.Lengths.MaxLength), "")
	slices.SortStableFunc(r.Findings, func(a, b Finding) int {
		switch {
		case a.Grave == b.Grave:
			return 0
		case a.Grave:
			return -1
		}
		return 1
	})
}
