package prompt

import (
	"math/rand/v2"
	"strings"
	"testing"
)

func shownDiff(edits []Edit) string {
	var b strings.Builder
	for _, e := range edits {
		switch e.Kind {
		case Deleted:
			b.WriteString("[-" + e.Text + "-]")
		case Added:
			b.WriteString("{+" + e.Text + "+}")
		default:
			b.WriteString(e.Text)
		}
	}
	return b.String()
}

func TestDiff(t *testing.T) {
	for _, c := range []struct{ before, after, want string }{
		{"", "", ""},
		{"same", "same", "same"},
		{"", "new", "{+new+}"},
		{"answer in two words", "answer in three short words", "answer in [-two-]{+three short+} words"},
		{"只输出类别名称", "只输出分类名称", "只输出[-类别-]{+分类+}名称"},
		{"用中文回答问题", "用英文回答问题", "用[-中-]{+英+}文回答问题"},
		{"a\nb\nc", "a\nc", "a\n[-b\n-]c"},
		{"{{text}} here", "{{body}} here", "{{[-text-]{+body+}}} here"},
	} {
		if got := shownDiff(Diff(c.before, c.after)); got != c.want {
			t.Errorf("%q to %q: %s, expected %s", c.before, c.after, got, c.want)
		}
	}
}

// TestDiffLeads: what stayed and went is the first text, what stayed and came the second, whatever the texts.
func TestDiffLeads(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	alphabet := strings.Split("a b c 好 坏 的 \n  , word {{x}}", "")
	for range 3000 {
		var sides [2]strings.Builder
		for i := range sides {
			for range random.IntN(12) {
				sides[i].WriteString(alphabet[random.IntN(len(alphabet))])
			}
		}
		var before, after strings.Builder
		edits := Diff(sides[0].String(), sides[1].String())
		for i, e := range edits {
			if e.Kind != Added {
				before.WriteString(e.Text)
			}
			if e.Kind != Deleted {
				after.WriteString(e.Text)
			}
			if e.Text == "" || i > 0 && e.Kind == edits[i-1].Kind {
				t.Fatalf("%q to %q: edit %d of %s", sides[0].String(), sides[1].String(), i, shownDiff(edits))
			}
		}
		if before.String() != sides[0].String() || after.String() != sides[1].String() {
			t.Fatalf("%q to %q: %s", sides[0].String(), sides[1].String(), shownDiff(edits))
		}
	}
	long := strings.Repeat("x y ", 4000)
	if edits := Diff(long, strings.Repeat("u v ", 4000)); len(edits) < 2 || edits[0].Kind != Deleted {
		t.Errorf("long texts: %d edits", len(edits))
	}
}
