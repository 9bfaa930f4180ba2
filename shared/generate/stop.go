package generate

import "strings"

// stopper finds stop strings in a text that comes in pieces, and holds back what may become one.
type stopper struct {
	stops []string
	held  string // the end of the text so far that is the beginning of a stop string
}

// push takes the next piece and returns the text that is certain not to belong to a stop string. The stop string that is whole first
// counts (of several that end at the same place the longest), so that the result does not depend on how the text is cut.
func (s *stopper) push(piece string) (text string, stopped bool) {
	if len(s.stops) == 0 {
		return piece, false
	}
	all := s.held + piece
	start, end := -1, len(all)+1
	for _, stop := range s.stops {
		if i := strings.Index(all, stop); i >= 0 && (i+len(stop) < end || (i+len(stop) == end && i < start)) {
			start, end = i, i+len(stop)
		}
	}
	if start >= 0 {
		s.held = ""
		return all[:start], true
	}
	keep := 0
	for _, stop := range s.stops {
		for n := min(len(stop)-1, len(all)); n > keep; n-- {
			if strings.HasSuffix(all, stop[:n]) {
				keep = n
				break
			}
		}
	}
	s.held = all[len(all)-keep:]
	return all[:len(all)-keep], false
}

// flush returns what is held back at the end of the text.
func (s *stopper) flush() string {
	held := s.held
	s.held = ""
	return held
}
