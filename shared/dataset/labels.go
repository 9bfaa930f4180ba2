package dataset

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// MaxClasses is the most labels a set has; more come from a wrong column.
const MaxClasses = 10000

// Labels is a label set: the class ids 0 to n-1 and their names. It is read only.
type Labels struct {
	names []string
	ids   map[string]int32
	asIDs bool // no name is an integer, so that an integer in a file is an id
}

// NewLabels is the set with the given names in the order of their ids.
func NewLabels(names []string) (*Labels, error) {
	if len(names) > MaxClasses {
		return nil, fmt.Errorf("%d labels, expected at most %d", len(names), MaxClasses)
	}
	l := &Labels{slices.Clone(names), make(map[string]int32, len(names)), true}
	for i, n := range names {
		if blank(n) {
			return nil, fmt.Errorf("label %d has no name", i)
		}
		if j, doubled := l.ids[n]; doubled {
			return nil, fmt.Errorf("labels %d and %d have the same name %s", j, i, quoted(n))
		}
		l.ids[n] = int32(i)
		l.asIDs = l.asIDs && !isInteger(n)
	}
	return l, nil
}

// LabelsFrom is the set of a model's or recipe's id2label, whose ids must be 0 to n-1.
func LabelsFrom(id2label map[int]string) (*Labels, error) {
	names := make([]string, len(id2label))
	for _, id := range slices.Sorted(maps.Keys(id2label)) {
		if id < 0 || id >= len(names) {
			return nil, fmt.Errorf("id2label: id %d, expected 0 to %d without gaps", id, len(names)-1)
		}
		names[id] = id2label[id]
	}
	l, err := NewLabels(names)
	if err != nil {
		return nil, fmt.Errorf("id2label: %w", err)
	}
	return l, nil
}

// LabelsOf is the set of the labels that occur in training data. Integers 0 to n-1 are their own ids; other integers are
// sorted by value, names by code point (as scikit-learn's LabelEncoder does). Fewer than two classes are an error.
func LabelsOf(t *Table) (*Labels, error) {
	if err := t.CheckClasses(); err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, r := range t.Rows {
		seen[r.Label] = true
	}
	names := slices.Sorted(maps.Keys(seen))
	if !slices.ContainsFunc(names, func(n string) bool { return !isInteger(n) }) {
		slices.SortFunc(names, func(a, b string) int {
			x, _ := strconv.ParseInt(a, 10, 64) // isInteger holds
			y, _ := strconv.ParseInt(b, 10, 64)
			if x < y {
				return -1
			}
			return 1
		})
	}
	l, err := NewLabels(names)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t.Name, err)
	}
	return l, nil
}

// CheckClasses reports a table that is not labelled or has rows of one class only, from which nothing can be learnt.
func (t *Table) CheckClasses() error {
	if t.Form != Labelled || len(t.Rows) == 0 {
		return only(&Error{File: t.Name, Message: fmt.Sprintf("%d rows of %v, expected labelled rows", len(t.Rows), t.Form)})
	}
	for _, r := range t.Rows {
		if r.Label != t.Rows[0].Label {
			return nil
		}
	}
	return only(&Error{File: t.Name, Message: fmt.Sprintf("all %d rows have the label %s, expected at least two classes",
		len(t.Rows), quoted(t.Rows[0].Label))})
}

// Len is the number of classes.
func (l *Labels) Len() int { return len(l.names) }

// Name is the name of a class.
func (l *Labels) Name(id int) string { return l.names[id] }

// Names are the names in the order of their ids.
func (l *Labels) Names() []string { return slices.Clone(l.names) }

// ID is the class of a label as a file has it: a name or, when no name is an integer, an id.
func (l *Labels) ID(label string) (id int32, ok bool) {
	if id, ok = l.ids[label]; ok {
		return id, true
	}
	if l.asIDs && isInteger(label) {
		n, _ := strconv.ParseInt(label, 10, 64)
		if n >= 0 && n < int64(len(l.names)) {
			return int32(n), true
		}
	}
	return 0, false
}

// IDs are the classes of a table's rows. A label that is not in the set is an error that names its line and the set.
func (l *Labels) IDs(t *Table) ([]int32, error) {
	ids := make([]int32, len(t.Rows))
	var faults Errors
	for i, r := range t.Rows {
		id, ok := l.ID(r.Label)
		if !ok {
			faults.add(&Error{File: t.Name, Line: r.Line, Field: label,
				Message: fmt.Sprintf("%s is not known, expected one of %s", quoted(r.Label), list(l.names))})
		}
		ids[i] = id
	}
	if err := faults.err(); err != nil {
		return nil, err
	}
	return ids, nil
}

// Count is the number of rows of each class, of ids that IDs gave.
func (l *Labels) Count(ids []int32) []int {
	n := make([]int, len(l.names))
	for _, id := range ids {
		n[id]++
	}
	return n
}

// isInteger reports whether s is an integer as it is usually written: no plus, no leading zeros, at most 18 digits.
func isInteger(s string) bool {
	n, err := strconv.ParseInt(s, 10, 64)
	return err == nil && len(s) <= 18 && strconv.FormatInt(n, 10) == s
}
