package term

import (
	"testing"
	"time"
)

func TestTable(t *testing.T) {
	s, out, _ := plainScreen()
	err := s.Table([]Column{{Name: "标签"}, {Name: "f1", Right: true}, {Name: "text"}},
		[][]string{{"正面", "0.9231", "a\tb"}, {"neutral", "0.5"}, {"负面", "1", "净利润超市场预期", "too many"}})
	if err != nil {
		t.Fatal(err)
	}
	want := `标签         f1  text
─────────────────────────────────
正面     0.9231  a b
neutral     0.5
负面          1  净利润超市场预期
`
	if out.String() != want {
		t.Errorf("got\n%s\nexpected\n%s", out, want)
	}
}

func TestTableOnNarrowTerminal(t *testing.T) {
	s, out, _ := terminalScreen(20)
	s.colour = true
	if err := s.Table([]Column{{Name: "id"}, {Name: "text"}}, [][]string{{"1", "本季度公司营收同比增长20%"}}); err != nil {
		t.Fatal(err)
	}
	want := "\x1b[1mid  text\x1b[0m\n\x1b[2m────────────────────\x1b[0m\n1   本季度公司营收…\n"
	if out.String() != want {
		t.Errorf("got\n%q\nexpected\n%q", out, want)
	}
}

func TestWidthAndTruncate(t *testing.T) {
	for _, test := range []struct {
		s     string
		width int
		cut   string // to 5 columns
	}{
		{"", 0, ""},
		{"abcde", 5, "abcde"},
		{"abcdef", 6, "abcd…"},
		{"营收增", 6, "营收…"},
		{"a营收增", 7, "a营…"},
		{"e\u0301e\u0301", 2, "e\u0301e\u0301"},
		{"🙂🙂🙂", 6, "🙂🙂…"},
		{"ｆｕｌｌ", 8, "ｆｕ…"},
		{"\x1b\x00", 0, "\x1b\x00"},
	} {
		if got := Width(test.s); got != test.width {
			t.Errorf("%q is %d wide, expected %d", test.s, got, test.width)
		}
		if got := Truncate(test.s, 5); got != test.cut || Width(got) > 5 {
			t.Errorf("%q is cut to %q, expected %q", test.s, got, test.cut)
		}
	}
	if got := Truncate("abc", 0); got != "" {
		t.Errorf("cut to nothing: %q", got)
	}
}

func TestClean(t *testing.T) {
	if got := Clean("a\nb\x1b[2Jc\u202ed\x07"); got != "a b\ufffd[2Jc\ufffdd\ufffd" {
		t.Errorf("got %q", got)
	}
}

func TestFormats(t *testing.T) {
	for _, test := range []struct{ got, want string }{
		{Duration(42 * time.Second), "0:42"},
		{Duration(59*time.Minute + 59*time.Second + 600*time.Millisecond), "1:00:00"},
		{Duration(25*time.Hour + time.Second), "25:00:01"},
		{Count(0), "0"}, {Count(999), "999"}, {Count(4194304), "4,194,304"}, {Count(-1000), "-1,000"}, {Count(-100), "-100"},
		{Bytes(1023), "1023 B"}, {Bytes(1536), "1.5 KiB"}, {Bytes(10 << 30), "10.0 GiB"}, {Bytes(1 << 60), "1048576.0 TiB"},
		{Rate(0.1234), "0.12"}, {Rate(12.34), "12.3"}, {Rate(1234.5), "1,235"},
	} {
		if test.got != test.want {
			t.Errorf("got %q, expected %q", test.got, test.want)
		}
	}
}
