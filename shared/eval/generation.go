package eval

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Generation is how good texts are that a system wrote. Shares and ROUGE are of 0 to 1, BLEU and chrF of 0 to 100. What the
// file does not have is left out.
type Generation struct {
	N            int                 `json:"n"`
	Values       map[string]float64  `json:"-"`
	Intervals    map[string]Interval `json:"intervals"`
	BLEUTokens   string              `json:"bleu_tokenize,omitempty"` // 13a or zh
	BrevityRatio float64             `json:"length_ratio,omitempty"`  // tokens written over tokens of the references
	Targets      []Check             `json:"targets,omitempty"`
}

// generationNames are the values in the order of reports.
var generationNames = []string{"exact_match", "rouge1", "rouge2", "rougeL", "bleu", "chrf", "json_valid", "pass_rate"}

// The names that columns of generated texts usually have.
var (
	referenceColumns = []string{"reference", "references", "expected", "answer", "completion"}
	writtenColumns   = append([]string{"generated", "hypothesis"}, predColumns...)
	passColumns      = []string{"pass", "passed"}
)

// maxTextBytes is the longest text that is compared: finding what two texts have in common takes the product of their lengths.
const maxTextBytes = 64 << 10

// IsGeneration reports whether rows are texts with references, or checks that passed, rather than classes.
func (t *Records) IsGeneration() bool {
	return t.Column(labelColumns...) < 0 && (t.Column(referenceColumns...) >= 0 || t.Column("reference_0") >= 0 || t.Column(passColumns...) >= 0)
}

// written are the compared parts of a row.
type written struct {
	exact, valid, pass bool
	rouge              [3]float64
	bleu               bleuCounts
	chrf               chrfCounts
}

// Generation scores generated texts: the columns prediction and reference, or several references as reference_0 …, and
// perhaps pass (0 or 1), what some check said of a row. An empty prediction is a text without words.
func (t *Records) Generation(boot Bootstrap) (*Generation, error) {
	text, pass := t.Column(writtenColumns...), t.Column(passColumns...)
	var refs []int
	if i := t.Column(referenceColumns...); i >= 0 {
		refs = append(refs, i)
	}
	for i, c := range t.Columns {
		if strings.HasPrefix(c, "reference_") || strings.HasPrefix(c, "references_") {
			refs = append(refs, i)
		}
	}
	if text < 0 && len(refs) > 0 || pass < 0 && len(refs) == 0 {
		return nil, fmt.Errorf("%s: expected the columns %q and %q, or %q, got %q", t.Name, "prediction", referenceColumns[0], passColumns[0], firstOf(t.Columns, 20))
	}
	g := &Generation{N: len(t.Rows), Values: map[string]float64{}, Intervals: map[string]Interval{}}
	how, isJSON := tokens13a, false
	for i := range t.Rows {
		isJSON = isJSON || strings.HasPrefix(t.At(i, text), "{") || strings.HasPrefix(t.At(i, text), "[")
		for _, r := range refs {
			if isChinese(t.At(i, r)) {
				how = tokensZh
			}
		}
	}
	rows := make([]written, len(t.Rows))
	wrong := faults{name: t.Name}
	for i, line := range t.Lines {
		var references []string
		for _, r := range refs {
			if s := t.At(i, r); s != "" {
				references = append(references, s)
			}
		}
		said := t.At(i, text)
		switch long := slices.ContainsFunc(append(references, said), func(s string) bool { return len(s) > maxTextBytes }); {
		case len(refs) > 0 && len(references) == 0:
			wrong.add(line, "%s is empty", t.Columns[refs[0]])
			continue
		case long:
			wrong.add(line, "a text is longer than %d bytes", maxTextBytes)
			continue
		}
		w := written{exact: slices.Contains(references, said), valid: json.Valid([]byte(said))}
		if len(references) > 0 {
			w.rouge, w.bleu, w.chrf = rouge(said, references), countBLEU(said, references, how), countCHRF(said, references)
		}
		if pass >= 0 {
			switch v := strings.ToLower(t.At(i, pass)); v {
			case "1", "true", "yes", "pass", "passed":
				w.pass = true
			case "0", "false", "no", "fail", "failed":
			default:
				wrong.add(line, "%s is %q, expected 0 or 1", t.Columns[pass], v)
			}
		}
		rows[i] = w
	}
	if err := wrong.err(); err != nil {
		return nil, err
	}
	share := func(name string, of func(w *written) bool) {
		n := 0
		for i := range rows {
			if of(&rows[i]) {
				n++
			}
		}
		g.Values[name], g.Intervals[name] = ratio(float64(n), float64(len(rows))), Wilson(n, len(rows))
	}
	if len(refs) > 0 {
		share("exact_match", func(w *written) bool { return w.exact })
		g.compareTexts(rows, boot)
		g.BLEUTokens = how
	}
	if isJSON {
		share("json_valid", func(w *written) bool { return w.valid })
	}
	if pass >= 0 {
		share("pass_rate", func(w *written) bool { return w.pass })
	}
	return g, nil
}

// compareTexts computes ROUGE, BLEU and chrF with their intervals.
func (g *Generation) compareTexts(rows []written, boot Bootstrap) {
	names := []string{"rouge1", "rouge2", "rougeL", "bleu", "chrf"}
	values := func(of []int32) []float64 {
		var b bleuCounts
		var c chrfCounts
		out := make([]float64, len(names))
		for _, i := range of {
			for j, v := range rows[i].rouge {
				out[j] += v / float64(len(of))
			}
			b.add(&rows[i].bleu)
			c.add(&rows[i].chrf)
		}
		out[3], out[4] = b.score(), c.score()
		g.BrevityRatio = ratio(float64(b.length), float64(b.reference))
		return out
	}
	drawn := make([][]float64, len(names))
	all := &Answers{classes: []string{""}, labels: make([]int32, len(rows))} // one stratum
	boot.samples(all, func(sample []int32) {
		for j, v := range values(sample) {
			drawn[j] = append(drawn[j], v)
		}
	})
	order := make([]int32, len(rows))
	for i := range order {
		order[i] = int32(i)
	}
	for j, v := range values(order) {
		g.Values[names[j]], g.Intervals[names[j]] = v, percentile(drawn[j])
	}
}

// MarshalJSON writes the values by their names, then the fields.
func (g Generation) MarshalJSON() ([]byte, error) {
	type plain Generation
	rest, err := json.Marshal(plain(g))
	if err != nil {
		return nil, err
	}
	out := []byte("{")
	for _, name := range generationNames {
		if v, ok := g.Values[name]; ok {
			out = fmt.Appendf(out, "%q:%v,", name, v)
		}
	}
	return append(out, rest[1:]...), nil
}

// Summary are the values as rows of a table: name, value, interval.
func (g *Generation) Summary() [][]string {
	var rows [][]string
	for _, name := range generationNames {
		if v, ok := g.Values[name]; ok {
			rows = append(rows, []string{name, fmt.Sprintf("%.4f", v), g.Intervals[name].String()})
		}
	}
	return rows
}

// Measures are the values that targets may be about.
func (g *Generation) Measures() map[string]Measure {
	out := map[string]Measure{}
	for name, v := range g.Values {
		i := g.Intervals[name]
		out[name] = Measure{v, &i}
	}
	return out
}
