package term

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"
)

// clock is a time that moves when told to.
type clock struct{ t time.Time }

func (c *clock) now() time.Time       { return c.t }
func (c *clock) pass(d time.Duration) { c.t = c.t.Add(d) }

func plainScreen() (*Screen, *bytes.Buffer, *clock) {
	var b bytes.Buffer
	c := &clock{time.Unix(1000, 0)}
	s := Plain(&b)
	s.now = c.now
	return s, &b, c
}

func terminalScreen(columns int) (*Screen, *bytes.Buffer, *clock) {
	s, b, c := plainScreen()
	s.terminal = true
	s.width = func() int { return columns }
	return s, b, c
}

func TestBarWithoutTerminal(t *testing.T) {
	s, out, clock := plainScreen()
	bar := s.Bar("train", "step", 100)
	for step := int64(1); step <= 50; step++ {
		clock.pass(500 * time.Millisecond)
		bar.Set(step, step*1000, Field{"loss", "0.1234"})
	}
	bar.Println("saved checkpoint-50")
	clock.pass(time.Second)
	bar.End()
	want := `train: 20% 20/100, loss 0.1234, 0:40 left, 2,000 tokens/s, 2.00 step/s
train: 40% 40/100, loss 0.1234, 0:30 left, 2,000 tokens/s, 2.00 step/s
saved checkpoint-50
train: 50% 50/100, loss 0.1234, took 0:26, 2,000 tokens/s, 2.00 step/s
`
	if out.String() != want {
		t.Errorf("got\n%s\nexpected\n%s", out, want)
	}
}

func TestBarOnTerminal(t *testing.T) {
	s, out, clock := terminalScreen(80)
	bar := s.Bar("train", "step", 8)
	bar.Set(0, 0)
	clock.pass(50 * time.Millisecond)
	bar.Set(1, 10) // too soon to be drawn
	clock.pass(950 * time.Millisecond)
	bar.Set(3, 3000, Field{"loss", "0.5"})
	bar.Println("best so far")
	bar.End()
	bar.Set(8, 0) // after the end
	bar.End()
	want := "\rtrain ░░░░░░░░░░░░░░░   0% 0/8\x1b[K" +
		"\rtrain █████▋░░░░░░░░░  38% 3/8  loss 0.5  0:02 left  3,007 tokens/s\x1b[K" +
		"\r\x1b[Kbest so far\n" +
		"\rtrain █████▋░░░░░░░░░  38% 3/8  loss 0.5  0:02 left  3,007 tokens/s\x1b[K" +
		"\rtrain █████▋░░░░░░░░░  38% 3/8  loss 0.5  took 0:01  3,000 tokens/s\x1b[K\n"
	if out.String() != want {
		t.Errorf("got\n%q\nexpected\n%q", out, want)
	}
}

// No line may reach the last column, however narrow the terminal, and nothing may be cut in the middle.
func TestBarFits(t *testing.T) {
	for columns := 12; columns <= 200; columns++ {
		s, out, clock := terminalScreen(columns)
		bar := s.Bar("训练金融情感分类模型", "step", 12345)
		clock.pass(time.Minute)
		bar.Set(1234, 99999, Field{"loss", "0.1234"}, Field{"lr", "2.0e-4"})
		line := strings.TrimSuffix(strings.TrimPrefix(out.String(), "\r"), "\x1b[K")
		if w := Width(line); w >= columns || w == 0 {
			t.Errorf("%d columns: line of %d: %q", columns, w, line)
		}
		if columns >= 130 && !strings.Contains(line, "step/s") {
			t.Errorf("%d columns: the rate is left out of %q", columns, line)
		}
	}
}

func TestBarResumedAndUnknownTotal(t *testing.T) {
	s, out, clock := plainScreen()
	bar := s.Bar("train", "step", 100)
	bar.From(80)
	clock.pass(10 * time.Second)
	bar.Set(90, 0)
	bar = s.Bar("read", "row", 0)
	clock.pass(10 * time.Second)
	bar.Set(12000, 0)
	want := "train: 90% 90/100, 0:10 left, 1.00 step/s\nread: 12,000 row, 1,200 row/s\n"
	if out.String() != want {
		t.Errorf("got\n%s\nexpected\n%s", out, want)
	}
}

// The rate is the present one: after a slow beginning the time left is that of the fast rest.
func TestRateForgets(t *testing.T) {
	var r rate
	r.add(1, 10)
	for range 600 {
		r.add(1, 0.1)
	}
	if now, all := r.now(), r.overall(); now < 9.4 || now > 10.01 || all > 8.7 {
		t.Errorf("present rate %v, overall %v", now, all)
	}
	if (&rate{}).now() != 0 {
		t.Error("a rate without time is not 0")
	}
}

func TestNewOfNoTerminal(t *testing.T) {
	f, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s := New(f)
	if s.IsTerminal() || s.Paint(Red, "x") != "x" {
		t.Error("a file is taken for a terminal")
	}
	bar := s.Bar("a", "row", 2)
	bar.Set(2, 0)
	bar.End()
	if err := s.Table([]Column{{Name: "a"}}, [][]string{{"\x1b[31m红"}}); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	if len(data) == 0 || bytes.ContainsAny(data, "\x1b\r") {
		t.Errorf("control characters in %q", data)
	}
}
