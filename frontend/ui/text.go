package ui

import (
	"html"
	"strconv"
	"strings"
)

// Text is text that vugu may show at any length: as HTML of ASCII alone, because vugu cuts long HTML at bytes, within
// characters (notes: vugu v0.4.0 sends it in pieces of 16 KiB).
type Text string

// HTML is the text escaped.
func (t Text) HTML() string {
	var b strings.Builder
	for _, r := range html.EscapeString(string(t)) {
		if r < 128 {
			b.WriteRune(r)
		} else {
			b.WriteString("&#" + strconv.Itoa(int(r)) + ";")
		}
	}
	return b.String()
}
