package eval

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Missing says what is done with a row that has no prediction.
type Missing string

// What can be done with it.
const (
	MissingError Missing = "error" // refuse the file; the default
	MissingWrong Missing = "wrong" // count it as wrong, and as no class
	MissingSkip  Missing = "skip"  // leave the row out, with a warning
)

// PredictionOptions say how a file of predictions is read. The zero value is right for most.
type PredictionOptions struct {
	Label, Pred string   // columns; "" finds the usual names
	Classes     []string // in the order of prob_0, prob_1 …; nil: those that occur, numbers by value, else by their characters
	Positive    string   // class of the binary metrics; "": see positiveOf
	Missing     Missing  // "" is MissingError
}

// The names that columns usually have. The first that is there counts.
var (
	labelColumns = []string{"label", "true_label", "y_true", "true", "target", "gold", "labels"}
	predColumns  = []string{"pred", "prediction", "predicted", "predicted_label", "y_pred", "pred_label", "predictions", "output"}
	probPrefixes = []string{"prob_", "probs_", "proba_", "probability_", "probabilities_"}
	probColumns  = []string{"prob", "proba", "probability"} // of the positive class, of two
)

// Predictions are the answers of a file, and the rows they come from.
type Predictions struct {
	*Answers
	Records  *Records
	Rows     []int    // of Records, by answer
	Warnings []string // what is odd and was read all the same
}

// ReadPredictions reads a file of labels and predictions: a column label, a column pred, and perhaps the probabilities of all
// classes as prob_<class> or prob_0, prob_1 … Without pred the most probable class is the prediction. Two classes may have
// prob alone, of the positive one. Formats are those of ReadRecords.
func ReadPredictions(r io.Reader, name string, o PredictionOptions) (*Predictions, error) {
	t, err := ReadRecords(r, name)
	if err != nil {
		return nil, err
	}
	return t.Predictions(o)
}

// Predictions reads the answers that rows hold; see ReadPredictions.
func (t *Records) Predictions(o PredictionOptions) (*Predictions, error) {
	p := &predictionReader{Records: t, o: o, out: &Predictions{Records: t}}
	for _, step := range []func() error{p.findColumns, p.cleanNames, p.findClasses, p.orderProbs, p.answers} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	p.review()
	return p.out, nil
}

// predictionReader holds what is known of a file while it is read.
type predictionReader struct {
	*Records
	o            PredictionOptions
	label, pred  int   // columns; pred is -1 where there is none
	probs        []int // columns, by class once findClasses is done
	suffixes     []string
	single       int // column of the one class' probability, -1 if there is none
	of           int // that class
	labels, said []string
	whole        bool // all names of classes are whole numbers
	classes      []string
	positive     string
	out          *Predictions
}

func (p *predictionReader) warn(format string, a ...any) {
	p.out.Warnings = append(p.out.Warnings, fmt.Sprintf(format, a...))
}

func (p *predictionReader) findColumns() error {
	find := func(given string, usual []string, optional bool) (int, error) {
		if given != "" {
			usual = []string{given}
		}
		i := p.Column(usual...)
		if i < 0 && (given != "" || !optional) {
			return 0, fmt.Errorf("%s: no column %q, got %q", p.Name, usual[0], firstOf(p.Columns, 20))
		}
		return i, nil
	}
	for i, c := range p.Columns {
		for _, prefix := range probPrefixes {
			if suffix, ok := strings.CutPrefix(c, prefix); ok && suffix != "" && i != p.Column(p.o.Label) && i != p.Column(p.o.Pred) {
				p.probs, p.suffixes = append(p.probs, i), append(p.suffixes, suffix)
				break
			}
		}
	}
	p.single = -1
	if len(p.probs) == 0 {
		p.single = p.Column(probColumns...)
	}
	var err error
	if p.label, err = find(p.o.Label, labelColumns, false); err != nil {
		return err
	}
	p.pred, err = find(p.o.Pred, predColumns, len(p.probs) > 0 || p.single >= 0)
	return err
}

func firstOf(names []string, n int) []string { return names[:min(n, len(names))] }

// cleanNames reads the names of classes: whole numbers are the same however they are written (1, 1.0, 01).
func (p *predictionReader) cleanNames() error {
	p.labels, p.said = make([]string, len(p.Rows)), make([]string, len(p.Rows))
	all := slices.Clone(p.o.Classes)
	for i := range p.Rows {
		p.labels[i], p.said[i] = p.At(i, p.label), p.At(i, p.pred)
		all = append(all, p.labels[i], p.said[i])
	}
	if p.o.Positive != "" {
		all = append(all, p.o.Positive)
	}
	p.whole = true
	for _, name := range all {
		if _, ok := wholeNumber(name); !ok && !blankNumber(name) {
			p.whole = false
			return nil
		}
	}
	clean := func(names []string) {
		for i, name := range names {
			names[i], _ = wholeNumber(name)
		}
	}
	p.o.Classes = slices.Clone(p.o.Classes)
	clean(p.labels)
	clean(p.said)
	clean(p.o.Classes)
	if p.o.Positive != "" {
		p.o.Positive, _ = wholeNumber(p.o.Positive)
	}
	return nil
}

// wholeNumber is the plain way to write a whole number.
func wholeNumber(s string) (string, bool) {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || v != math.Trunc(v) || math.Abs(v) > 1<<53 {
		return "", false
	}
	return strconv.FormatFloat(v+0, 'f', -1, 64), true // +0: not -0
}

// blankNumber reports whether s is how a program writes that it has no number.
func blankNumber(s string) bool { return s == "" || strings.EqualFold(s, "nan") }

// byName orders classes: numbers by value, else by their characters.
func (p *predictionReader) byName(a, b string) int {
	if p.whole {
		x, _ := strconv.ParseFloat(a, 64)
		y, _ := strconv.ParseFloat(b, 64)
		return cmp.Compare(x, y)
	}
	return cmp.Compare(a, b)
}

// findClasses decides which classes there are.
func (p *predictionReader) findClasses() error {
	var seen []string
	known := map[string]bool{"": true}
	for _, names := range [][]string{p.labels, p.said} {
		for _, name := range names {
			if !known[name] {
				known[name] = true
				seen = append(seen, name)
			}
		}
	}
	slices.SortFunc(seen, p.byName)
	if len(seen) > MaxClasses {
		return fmt.Errorf("%s: %d different labels and predictions (%q …), expected at most %d classes", p.Name, len(seen), seen[0], MaxClasses)
	}
	if p.o.Classes != nil {
		for i, c := range p.o.Classes {
			if c == "" || slices.Contains(p.o.Classes[:i], c) {
				return fmt.Errorf("classes %q: expected different names", p.o.Classes)
			}
		}
		for _, c := range seen {
			if !slices.Contains(p.o.Classes, c) {
				return fmt.Errorf("%s: class %q occurs, expected one of %q", p.Name, c, p.o.Classes)
			}
		}
		p.classes = p.o.Classes
	} else if p.classes = seen; p.whole && len(p.probs) == 0 && len(seen) == 1 && (seen[0] == "0" || seen[0] == "1") {
		p.classes = []string{"0", "1"}
	}
	if err := p.placeProbs(); err != nil {
		return err
	}
	p.positive = cmp.Or(p.o.Positive, positiveOf(p.classes))
	if p.of < 0 {
		p.of = slices.Index(p.classes, p.positive)
	}
	return nil
}

// placeProbs decides which column of probabilities is of which class; classes that only columns name are added.
func (p *predictionReader) placeProbs() error {
	if p.of = -1; len(p.probs) == 0 {
		return nil
	}
	names := slices.Clone(p.suffixes)
	if p.whole {
		for i, s := range names {
			if n, ok := wholeNumber(s); ok {
				names[i] = n
			}
		}
	}
	covers := func(classes []string) bool {
		return !slices.ContainsFunc(classes, func(c string) bool { return !slices.Contains(names, c) })
	}
	switch indexed, k := isRange(p.suffixes), len(p.classes); {
	case covers(p.classes) && (p.o.Classes == nil || len(names) == k): // prob_<class>
		if p.o.Classes == nil {
			p.classes = slices.Clone(names)
			slices.SortFunc(p.classes, p.byName)
		}
		p.byColumn(func(c int) string { return p.classes[c] }, names)
	case indexed && len(names) == k: // prob_<place of the class>
		p.byColumn(strconv.Itoa, p.suffixes)
		if p.o.Classes == nil {
			p.warn("%s to %s are taken for the classes %q in this order; --labels names another", p.Columns[p.probs[0]], p.Columns[p.probs[k-1]], p.classes)
		}
	case k == 2 && len(names) == 1 && (names[0] == "1" || names[0] == p.classes[1]): // prob_1 alone
		p.single, p.of, p.probs = p.probs[0], 1, nil
	case indexed && p.o.Classes == nil:
		return fmt.Errorf("%s: %d columns of probabilities for the %d classes %q; name all classes in their order with --labels", p.Name, len(names), k, p.classes)
	default:
		return fmt.Errorf("%s: columns of probabilities are of %q, expected one for each class of %q", p.Name, firstOf(names, 20), firstOf(p.classes, 20))
	}
	return nil
}

// isRange reports whether the suffixes are 0 to n−1, in any order.
func isRange(suffixes []string) bool {
	for i := range suffixes {
		if !slices.Contains(suffixes, strconv.Itoa(i)) {
			return false
		}
	}
	return true
}

// byColumn puts the columns of probabilities in the order of the classes.
func (p *predictionReader) byColumn(name func(class int) string, names []string) {
	columns := make([]int, len(p.classes))
	for c := range columns {
		columns[c] = p.probs[slices.Index(names, name(c))]
	}
	p.probs = columns
}

// positives are names that tell the positive class of two, in the languages of those who name classes.
var positives = strings.Fields("1 true True TRUE yes Yes YES y positive Positive POSITIVE pos POS 正面 积极 正 正向 正类 是 真 利好")

// positiveOf is the class of two that precision, recall and F1 are of: the one whose name says so, else the last.
func positiveOf(classes []string) string {
	if len(classes) != 2 {
		return ""
	}
	a, b := slices.Contains(positives, classes[0]), slices.Contains(positives, classes[1])
	if a && !b {
		return classes[0]
	}
	return classes[1]
}
