// Package term shows long work and results to a person at a terminal, and to a log file when there is no terminal.
//
// A Screen knows where it writes: on a terminal a Bar redraws its line and colours are used (unless NO_COLOR is set), elsewhere a
// plain line comes every few seconds and no control character is ever written. Widths are those of a terminal: a Chinese
// character takes two columns.
//
// Why not a library: the progress bars at hand (mpb, progressbar) are made for many bars drawn by a goroutine, say nothing useful
// when there is no terminal, and would be wrapped whole to show loss and tokens/s; what is needed of them is this page.
package term

import (
	"io"
	"os"
	"time"

	"golang.org/x/term"
)

// Screen is where output goes.
type Screen struct {
	w        io.Writer
	terminal bool
	colour   bool
	width    func() int       // columns now
	now      func() time.Time // replaced in tests
	every    time.Duration    // between plain lines
}

// plainEvery is how often a bar writes a line where there is no terminal.
const plainEvery = 10 * time.Second

// New finds out what a file is. TERM=dumb counts as no terminal; NO_COLOR (no-color.org) turns colours off.
func New(f *os.File) *Screen {
	s := Plain(f)
	fd := int(f.Fd())
	if !term.IsTerminal(fd) || os.Getenv("TERM") == "dumb" {
		return s
	}
	s.terminal = true
	s.colour = os.Getenv("NO_COLOR") == ""
	s.width = func() int {
		if columns, _, err := term.GetSize(fd); err == nil && columns > 0 {
			return columns
		}
		return 80
	}
	return s
}

// Plain writes without control characters to anything.
func Plain(w io.Writer) *Screen {
	return &Screen{w: w, width: func() int { return 0 }, now: time.Now, every: plainEvery}
}

// IsTerminal reports whether lines can be redrawn.
func (s *Screen) IsTerminal() bool { return s.terminal }

// Style is how a text is shown where there are colours.
type Style string

const (
	Bold  Style = "1"
	Dim   Style = "2"
	Red   Style = "31"
	Green Style = "32"
	Amber Style = "33"
)

// Paint gives a text a style, if the screen has colours. Its width does not change.
func (s *Screen) Paint(style Style, text string) string {
	if !s.colour || text == "" {
		return text
	}
	return "\x1b[" + string(style) + "m" + text + "\x1b[0m"
}
