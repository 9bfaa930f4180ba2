package tokenizer

import (
	"encoding/json"
	"strconv"
	"unicode/utf8"
)

// A rawScanner reads vocabularies and merges, most of a tokenizer.json, without
// the reflection of encoding/json. Its input is valid JSON, as a RawMessage is;
// where the types are not the expected ones it gives up, and encoding/json reads
// the same again and says what is wrong.
type rawScanner struct {
	b []byte
	i int
}

// skip passes white space and, if it comes next, c. It returns whether it did.
func (s *rawScanner) skip(c byte) bool {
	for s.i < len(s.b) {
		switch s.b[s.i] {
		case ' ', '\t', '\n', '\r':
			s.i++
		case c:
			s.i++
			return true
		default:
			return false
		}
	}
	return false
}

// str reads a string.
func (s *rawScanner) str() (string, bool) {
	if !s.skip('"') {
		return "", false
	}
	from := s.i
	for escaped := false; s.i < len(s.b); s.i++ {
		switch s.b[s.i] {
		case '"':
			s.i++
			if body := s.b[from : s.i-1]; !escaped && utf8.Valid(body) {
				return string(body), true
			}
			var v string
			err := json.Unmarshal(s.b[from-1:s.i], &v)
			return v, err == nil
		case '\\':
			escaped = true
			s.i++ // the next character is not the end
		}
	}
	return "", false
}

// integer reads an integer without fraction or exponent.
func (s *rawScanner) integer() (int32, bool) {
	s.skip(0)
	from := s.i
	for s.i < len(s.b) && (s.b[s.i] == '-' || '0' <= s.b[s.i] && s.b[s.i] <= '9') {
		s.i++
	}
	n, err := strconv.ParseInt(string(s.b[from:s.i]), 10, 32)
	return int32(n), err == nil
}

// vocab reads {"token": id, …}.
func (s *rawScanner) vocab() (map[string]int32, bool) {
	ids := make(map[string]int32, len(s.b)/24)
	if !s.skip('{') {
		return nil, false
	}
	for first := true; !s.skip('}'); first = false {
		if !first && !s.skip(',') {
			return nil, false
		}
		w, ok := s.str()
		if !ok || !s.skip(':') {
			return nil, false
		}
		if ids[w], ok = s.integer(); !ok {
			return nil, false
		}
	}
	return ids, true
}

// pairs reads [["a", "b"], …].
func (s *rawScanner) pairs() ([][2]string, bool) {
	all := make([][2]string, 0, len(s.b)/16)
	if !s.skip('[') {
		return nil, false
	}
	for first := true; !s.skip(']'); first = false {
		if !first && !s.skip(',') || !s.skip('[') {
			return nil, false
		}
		a, ok := s.str()
		if !ok || !s.skip(',') {
			return nil, false
		}
		b, ok := s.str()
		if !ok || !s.skip(']') {
			return nil, false
		}
		all = append(all, [2]string{a, b})
	}
	return all, true
}

// strings reads ["a b", …].
func (s *rawScanner) strings() ([]string, bool) {
	all := make([]string, 0, len(s.b)/16)
	if !s.skip('[') {
		return nil, false
	}
	for first := true; !s.skip(']'); first = false {
		if !first && !s.skip(',') {
			return nil, false
		}
		w, ok := s.str()
		if !ok {
			return nil, false
		}
		all = append(all, w)
	}
	return all, true
}
