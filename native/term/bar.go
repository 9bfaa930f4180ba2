package term

import (
	"fmt"
	"io"
	"math"
	"strings"
	"sync"
	"time"
)

// Bar shows how far long work is: share and count done, fields such as the loss, rate, tokens a second, time left.
// On a terminal it redraws one line, at most ten times a second; elsewhere it writes a line every ten seconds and at the end.
// Several goroutines may use it. What cannot be written is lost: progress is no reason to end the work.
type Bar struct {
	screen *Screen
	title  string
	unit   string
	total  int64

	mu           sync.Mutex
	done, tokens int64
	fields       []Field
	begun, drawn time.Time
	at           time.Time // of the last Set
	steps, toks  rate
	shown, ended bool
}

// Field is a value shown with a bar.
type Field struct{ Name, Value string }

// redraw is the least time between two drawings on a terminal.
const redraw = 100 * time.Millisecond

// Bar begins to show work of total units (0: not known how many), each called unit, such as "step" or "row".
func (s *Screen) Bar(title, unit string, total int64) *Bar {
	now := s.now()
	return &Bar{screen: s, title: Clean(title), unit: Clean(unit), total: total, begun: now, drawn: now, at: now}
}

// From starts at work that was done before, as after a resume: it counts as done but not into rate and time left.
func (b *Bar) From(done int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.done = done
}

// Set shows that done units are done and that tokens tokens were worked on since the bar began (0: no tokens are shown).
func (b *Bar) Set(done, tokens int64, fields ...Field) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ended {
		return
	}
	now := b.screen.now()
	seconds := now.Sub(b.at).Seconds()
	b.steps.add(float64(done-b.done), seconds)
	b.toks.add(float64(tokens-b.tokens), seconds)
	b.done, b.tokens, b.at = done, tokens, now
	b.fields = append(b.fields[:0], fields...)
	every := b.screen.every
	if b.screen.terminal {
		every = redraw
	}
	if now.Sub(b.drawn) >= every || (b.screen.terminal && !b.shown) {
		b.draw(now)
	}
}

// Println writes a line of its own, over the bar on a terminal.
func (b *Bar) Println(text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	text = strings.TrimRight(text, "\n")
	if b.screen.terminal && b.shown && !b.ended {
		io.WriteString(b.screen.w, "\r\x1b[K"+text+"\n")
		b.draw(b.screen.now())
		return
	}
	io.WriteString(b.screen.w, text+"\n")
}

// End draws the last state, with the time it all took, and leaves it there.
func (b *Bar) End() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ended {
		return
	}
	b.ended = true
	b.draw(b.screen.now())
	if b.screen.terminal {
		io.WriteString(b.screen.w, "\n")
	}
}

func (b *Bar) draw(now time.Time) {
	b.drawn, b.shown = now, true
	if b.screen.terminal {
		io.WriteString(b.screen.w, "\r"+b.line(now, b.screen.width())+"\x1b[K")
	} else {
		io.WriteString(b.screen.w, b.plain(now)+"\n")
	}
}

// parts are what is shown beside title and bar, the most wanted first.
func (b *Bar) parts(now time.Time) (count string, rest []string) {
	count = Count(b.done) + " " + b.unit
	if b.total > 0 {
		count = fmt.Sprintf("%3.0f%% %s/%s", 100*b.share(), Count(b.done), Count(b.total))
	}
	for _, f := range b.fields {
		rest = append(rest, Clean(f.Name+" "+f.Value))
	}
	elapsed := now.Sub(b.begun)
	switch left, ok := b.left(); {
	case b.ended:
		rest = append(rest, "took "+Duration(elapsed))
	case ok:
		rest = append(rest, Duration(left)+" left")
	}
	if b.tokens > 0 {
		rest = append(rest, Rate(b.mean(&b.toks))+" tokens/s")
	}
	if r := b.mean(&b.steps); r > 0 {
		rest = append(rest, Rate(r)+" "+b.unit+"/s")
	}
	return count, rest
}

// mean is the rate to show: the present one while work goes on, that of everything at the end.
func (b *Bar) mean(r *rate) float64 {
	if b.ended {
		return r.overall()
	}
	return r.now()
}

// left is how long the rest takes at the present rate.
func (b *Bar) left() (time.Duration, bool) {
	r := b.steps.now()
	if b.total <= 0 || r <= 0 {
		return 0, false
	}
	seconds := float64(b.total-b.done) / r
	if seconds > 1e8 { // three years: nothing is known yet
		return 0, false
	}
	return time.Duration(max(seconds, 0) * float64(time.Second)), true
}

func (b *Bar) share() float64 { return min(max(float64(b.done)/float64(b.total), 0), 1) }

// plain is the line where there is no terminal.
func (b *Bar) plain(now time.Time) string {
	count, rest := b.parts(now)
	return b.title + ": " + strings.Join(append([]string{strings.TrimSpace(count)}, rest...), ", ")
}

// line is the line of a terminal of so many columns: what does not fit is left out from the end. The last column stays free, since
// writing to it makes some terminals wrap. The bar's width depends on the terminal only, so that it does not jump.
func (b *Bar) line(now time.Time, width int) string {
	const leastBar, mostBar = 10, 30
	count, rest := b.parts(now)
	room := width - 1
	count = Truncate(count, room)
	title := Truncate(b.title, max(min(room/3, room-Width(count)-1), 0))
	used := Width(count)
	out := ""
	if title != "" {
		out = b.screen.Paint(Bold, title) + " "
		used += Width(title) + 1
	}
	bar := min(max(room/5, leastBar), mostBar)
	if b.total > 0 && used+bar+1 <= room {
		full, empty := blocks(b.share(), bar)
		out += b.screen.Paint(Green, full) + b.screen.Paint(Dim, empty) + " "
		used += bar + 1
	}
	tail := ""
	for _, p := range rest {
		if n := 2 + Width(p); used+n <= room {
			tail += "  " + p
			used += n
		}
	}
	return out + count + b.screen.Paint(Dim, tail)
}

// blocks draws a share in n columns, to an eighth of one.
func blocks(share float64, n int) (full, empty string) {
	eighths := int(math.Round(share * float64(8*n)))
	full = strings.Repeat("█", eighths/8)
	if r := eighths % 8; r > 0 {
		full += string([]rune("▏▎▍▌▋▊▉")[r-1])
	}
	return full, strings.Repeat("░", n-Width(full))
}

// memory is the time, in seconds, over which a rate forgets the past.
const memory = 20

// rate is an average over the last while: amounts and times are both forgotten exponentially, so that it is right from the first on.
type rate struct {
	amount, seconds float64
	all, allSeconds float64
}

func (r *rate) add(amount, seconds float64) {
	if seconds < 0 {
		seconds = 0 // the clock was set back
	}
	keep := math.Exp(-seconds / memory)
	r.amount = r.amount*keep + amount
	r.seconds = r.seconds*keep + seconds
	r.all += amount
	r.allSeconds += seconds
}

func (r *rate) now() float64     { return over(r.amount, r.seconds) }
func (r *rate) overall() float64 { return over(r.all, r.allSeconds) }

func over(amount, seconds float64) float64 {
	if seconds <= 0 {
		return 0
	}
	return amount / seconds
}
