package dataset

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestUnits(t *testing.T) {
	for s, want := range map[string][]string{
		"公司2023年净利润,同比增长20%":     {"公", "司", "2023", "年", "净", "利", "润", "同", "比", "增", "长", "20"},
		"The U.S. dollar's rise": {"the", "u", "s", "dollar", "s", "rise"},
		"":                       nil,
		"!!!":                    nil,
	} {
		if got := units(fold(s)); !slices.Equal(got, want) {
			t.Errorf("%q: %q, expected %q", s, got, want)
		}
	}
	if a, b := fold("ABC 12% 「Ａ」 \n x"), fold("abc 12% 「a」 x"); a != b {
		t.Errorf("%q and %q differ", a, b)
	}
}

// tableOf makes a table of rows "text|label".
func tableOf(name string, rows ...string) *Table {
	t := &Table{Name: name, Form: Labelled}
	for i, r := range rows {
		text, label, _ := strings.Cut(r, "|")
		t.Rows = append(t.Rows, Row{Line: i + 2, Text: text, Label: label})
	}
	return t
}

const (
	long     = "本季度公司营收同比增长百分之二十,净利润大幅超出市场此前的一致预期,股价随之上涨"
	longLike = "本季度公司营收同比增长百分之二十,净利润大幅超出市场此前的一致预期,股价随后上涨"
	other    = "受宏观经济环境影响,公司核心业务板块出现了明显的下滑,管理层下调了全年的业绩指引"
)

func TestCheck(t *testing.T) {
	train := tableOf("train.csv", long+"|1", other+"|0", long+" |1", longLike+"|1", "某文|1", "某文|0", "某文|0", "第三条|0")
	test := tableOf("test.csv", other+"|0", longLike+"。|1", "没见过的内容在这里|1")
	r := train.Check(CheckOptions{Against: []*Table{test}, Length: func(r *Row) int { return len([]rune(r.Text)) }, MaxLength: 20})
	if r.Rows != 8 || r.Duplicates.Exact != 3 || r.Duplicates.Near != 1 {
		t.Errorf("%d rows, duplicates %+v", r.Rows, r.Duplicates)
	}
	if want := []LabelCount{{"0", 4, 0.5}, {"1", 4, 0.5}}; !reflect.DeepEqual(r.Labels, want) {
		t.Errorf("labels %v, expected %v", r.Labels, want)
	}
	if len(r.Conflicts) != 1 || r.Conflicted != 3 || !slices.Equal(r.Conflicts[0].Labels, []string{"1", "0"}) || !slices.Equal(r.Conflicts[0].Lines, []int{6, 7, 8}) {
		t.Errorf("conflicts %+v, %d rows", r.Conflicts, r.Conflicted)
	}
	if l := r.Leaks[0]; l.Exact != 1 || l.Near != 1 || l.Examples[0].Line != 2 || l.Examples[0].Other != 3 || l.Examples[1].Similarity < NearSimilarity {
		t.Errorf("leaks %+v", l)
	}
	if p := r.Duplicates.Examples[1]; p.Line != 5 || p.Other != 2 || p.Similarity < NearSimilarity || p.Similarity >= 1 {
		t.Errorf("near duplicate %+v", p)
	}
	if l := r.Lengths; l.Longer != 4 || l.Min != 2 || l.Unit != "tokens" || sumOf(l.Bins) != 8 || len(l.Edges) != len(l.Bins)+1 {
		t.Errorf("lengths %+v", l)
	}
	var codes []string
	for _, f := range r.Findings {
		codes = append(codes, f.Code)
	}
	if want := []string{"leak", "conflicts", "near_leak", "duplicates", "near_duplicates", "few_rows", "few_rows", "too_long"}; !slices.Equal(codes, want) {
		t.Errorf("findings %v, expected %v", codes, want)
	}
	clean := tableOf("a.csv", long+"|1", other+"|0").Check(CheckOptions{})
	if clean.Duplicates.Exact+clean.Duplicates.Near+clean.Conflicted != 0 {
		t.Errorf("a clean table: %+v", clean)
	}
}

func sumOf(n []int) (s int) {
	for _, v := range n {
		s += v
	}
	return s
}

// TestSimilarFindsEdits changes texts at random places: most that stay similar are found, and what is found is similar.
func TestSimilarFindsEdits(t *testing.T) {
	x := newSimilarIndex()
	var texts []string
	for i := range 300 {
		var b strings.Builder
		for j := range 60 {
			b.WriteRune(rune('一' + mix64(uint64(i*60+j))%5000))
		}
		texts = append(texts, b.String())
		x.add(fold(b.String()))
	}
	similar, found := 0, 0
	for i, s := range texts {
		r := []rune(s)
		for e := range 1 + i%4 {
			r[mix64(uint64(i*7+e))%60] = '改'
		}
		edited := fold(string(r))
		if jaccard(shingles(edited), shingles(fold(s))) < NearSimilarity {
			continue
		}
		similar++
		if at, _, ok := x.find(edited, NearSimilarity); ok && at == i {
			found++
		}
	}
	if similar < 100 || found < similar*99/100 {
		t.Errorf("%d of %d similar texts were found", found, similar)
	}
	if _, _, ok := x.find(fold(other), NearSimilarity); ok {
		t.Error("a text of its own was taken for another")
	}
}

func TestSplit(t *testing.T) {
	var rows []string
	for i := range 200 {
		rows = append(rows, fmt.Sprintf("第%d条消息|%d", i, i%4/3))
	}
	rows = append(rows, "重复的消息|1", "重复的消息|1", "重复的消息 |1")
	table := tableOf("a.csv", rows...)
	rest, aside := table.Split(0.2, 1)
	count := func(t *Table, label string) (n int) {
		for _, r := range t.Rows {
			if r.Label == label {
				n++
			}
		}
		return n
	}
	if len(rest.Rows)+len(aside.Rows) != len(rows) || count(aside, "0") != 30 || count(aside, "1") != 11 {
		t.Errorf("%d and %d rows, aside %d and %d of the labels", len(rest.Rows), len(aside.Rows), count(aside, "0"), count(aside, "1"))
	}
	if r := rest.Check(CheckOptions{Against: []*Table{aside}}); r.Leaks[0].Exact != 0 {
		t.Errorf("rows were torn from their duplicates: %+v", r.Leaks)
	}
	if _, again := table.Split(0.2, 1); !reflect.DeepEqual(again, aside) {
		t.Error("the same seed set other rows aside")
	}
	if _, other := table.Split(0.2, 2); reflect.DeepEqual(other, aside) {
		t.Error("another seed set the same rows aside")
	}
}

func TestCleaned(t *testing.T) {
	train := tableOf("train.csv", long+"|1", other+"|0", long+"|1", longLike+"|1", "某文|1", "某文|0", "第三条|0")
	test := tableOf("test.csv", other+"|0")
	for _, c := range []struct {
		clean Clean
		lines []int
	}{
		{Clean{}, []int{2, 3, 5, 6, 8}},
		{Clean{Near: true}, []int{2, 3, 6, 8}},
		{Clean{Conflicts: true}, []int{2, 3, 5, 8}},
		{Clean{Near: true, Conflicts: true, Against: []*Table{test}}, []int{2, 8}},
	} {
		got, removed := train.Cleaned(c.clean)
		var lines []int
		for _, r := range got.Rows {
			lines = append(lines, r.Line)
		}
		if !slices.Equal(lines, c.lines) || len(removed)+len(lines) != 7 {
			t.Errorf("%+v: lines %v, expected %v", c.clean, lines, c.lines)
		}
	}
}

// TestCheckSplits: validation and test data that share rows are told, whatever the training data have.
func TestCheckSplits(t *testing.T) {
	train := tableOf("train.csv", "训练数据里的一句话|1", "另一句训练用的话|0")
	valid, test := tableOf("valid.csv", long+"|1", other+"|0"), tableOf("test.csv", " "+other+"|0", longLike+"|1", "没见过的内容在这里|1")
	for _, exactOnly := range []bool{false, true} {
		r := train.Check(CheckOptions{Against: []*Table{valid, test}, ExactOnly: exactOnly})
		if len(r.Leaks) != 3 || r.Leaks[0].Exact+r.Leaks[1].Exact != 0 {
			t.Fatalf("leaks %+v", r.Leaks)
		}
		l := r.Leaks[2]
		if l.File != "test.csv" || l.In != "valid.csv" || l.Exact != 1 || l.Near == 1 == exactOnly || l.Examples[0].Line != 2 || l.Examples[0].Other != 3 {
			t.Errorf("leak %+v", l)
		}
		if f := r.Findings[0]; f.Code != "shared" || !f.Grave || f.Count != 1 || f.Of != 3 || f.Name != "test.csv" || f.Other != "valid.csv" {
			t.Errorf("finding %+v", f)
		}
	}
}

// TestCheckRealData holds the check to what is known of the corpora: their splits are disjoint and without conflicts.
func TestCheckRealData(t *testing.T) {
	root := filepath.Join("..", "..", "..", "shared", "data")
	if _, err := os.Stat(root); err != nil {
		t.Skip("no ../shared/data")
	}
	for name, classes := range map[string]int{"finnews_zh": 2, "finfe_zh": 3, "phrasebank_en": 3} {
		read := func(file string) *Table {
			f, err := os.Open(filepath.Join(root, name, file))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			table, err := Read(f, file, Columns{})
			if err != nil {
				t.Fatal(err)
			}
			return table
		}
		train, test := read("train.csv"), read("test.csv")
		r := train.Check(CheckOptions{Against: []*Table{test}})
		t.Logf("%s: %d rows, %d near duplicates, leaks %d exact, %d near, conflicts %d", name, r.Rows, r.Duplicates.Near, r.Leaks[0].Exact, r.Leaks[0].Near, r.Conflicted)
		if len(r.Labels) != classes || r.Rows < 3000 {
			t.Errorf("%s: %d classes in %d rows", name, len(r.Labels), r.Rows)
		}
		for _, s := range r.Leaks[0].Examples[:min(2, len(r.Leaks[0].Examples))] {
			t.Logf("  %+v", s)
		}
	}
}
