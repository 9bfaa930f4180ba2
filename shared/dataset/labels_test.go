package dataset

import (
	"slices"
	"strings"
	"testing"
)

// labelled is a table of rows with the given labels, from line 2 on.
func labelled(labels ...string) *Table {
	t := &Table{Name: "f.csv"}
	for i, l := range labels {
		t.Rows = append(t.Rows, Row{Line: i + 2, Text: "x", Label: l})
	}
	return t
}

func TestLabelsOf(t *testing.T) {
	for _, test := range []struct {
		name   string
		labels []string
		want   []string
	}{
		{"ids", []string{"1", "0", "1"}, []string{"0", "1"}},
		{"eleven ids", strings.Fields("10 9 8 7 6 5 4 3 2 1 0"), strings.Fields("0 1 2 3 4 5 6 7 8 9 10")},
		{"integers with gaps", []string{"10", "-1", "2"}, []string{"-1", "2", "10"}},
		{"names by code point", []string{"负面", "正面", "中性"}, []string{"中性", "正面", "负面"}},
		{"mixed", []string{"b", "10", "2"}, []string{"10", "2", "b"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			l, err := LabelsOf(labelled(test.labels...))
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(l.Names(), test.want) {
				t.Errorf("got %q, expected %q", l.Names(), test.want)
			}
			ids, err := l.IDs(labelled(test.labels...))
			if err != nil {
				t.Fatal(err)
			}
			for i, id := range ids {
				if l.Name(int(id)) != test.labels[i] {
					t.Errorf("row %d: id %d is %q, expected %q", i, id, l.Name(int(id)), test.labels[i])
				}
			}
		})
	}
}

func TestLabelsFrom(t *testing.T) {
	l, err := LabelsFrom(map[int]string{1: "正面", 0: "负面"})
	if err != nil {
		t.Fatal(err)
	}
	ids, err := l.IDs(labelled("正面", "0", "1", "负面"))
	if err != nil || !slices.Equal(ids, []int32{1, 0, 1, 0}) {
		t.Errorf("got %v, %v", ids, err)
	}
	if got := l.Count(ids); !slices.Equal(got, []int{2, 2}) {
		t.Errorf("counts %v", got)
	}
	_, err = l.IDs(labelled("正面", "中性", "2"))
	want := "f.csv:3: label: \"中性\" is not known, expected one of \"负面\", \"正面\"\n" +
		"f.csv:4: label: \"2\" is not known, expected one of \"负面\", \"正面\""
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nexpected\n%s", err, want)
	}
}

// Where names are integers themselves, an integer in a file is a name and nothing else.
func TestLabelsIntegerNames(t *testing.T) {
	l, err := NewLabels([]string{"-1", "1"})
	if err != nil {
		t.Fatal(err)
	}
	if id, ok := l.ID("1"); !ok || id != 1 {
		t.Errorf("name 1: id %d, %v", id, ok)
	}
	if id, ok := l.ID("0"); ok {
		t.Errorf("0 is taken for id %d", id)
	}
}

func TestLabelsErrors(t *testing.T) {
	of := func(labels ...string) func() error {
		return func() error { _, err := LabelsOf(labelled(labels...)); return err }
	}
	from := func(m map[int]string) func() error { return func() error { _, err := LabelsFrom(m); return err } }
	for _, test := range []struct {
		name string
		run  func() error
		want string
	}{
		{"one class", of("1", "1", "1"), `f.csv: all 3 rows have the label "1", expected at least two classes`},
		{"no rows", of(), `f.csv: 0 rows of labelled text, expected labelled rows`},
		{"not labelled", (&Table{Name: "f.txt", Form: Plain, Rows: make([]Row, 2)}).CheckClasses, `f.txt: 2 rows of text, expected labelled rows`},
		{"gap", from(map[int]string{0: "a", 2: "b"}), `id2label: id 2, expected 0 to 1 without gaps`},
		{"negative", from(map[int]string{0: "a", -1: "b"}), `id2label: id -1, expected 0 to 1 without gaps`},
		{"doubled", from(map[int]string{0: "a", 1: "a"}), `id2label: labels 0 and 1 have the same name "a"`},
		{"nameless", from(map[int]string{0: "a", 1: " "}), `id2label: label 1 has no name`},
	} {
		if err := test.run(); err == nil || err.Error() != test.want {
			t.Errorf("%s: got %v, expected %s", test.name, err, test.want)
		}
	}
}
