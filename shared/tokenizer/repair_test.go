package tokenizer

import (
	"encoding/hex"
	"testing"
	"unicode/utf8"
)

// TestRepair expects what Python's bytes.decode("utf-8", "replace") gives.
func TestRepair(t *testing.T) {
	const bad = "\ufffd"
	for in, want := range map[string]string{
		"61ff62": "a" + bad + "b", "e4b8": bad, "e4b8ade5": "中" + bad, "f09f98": bad, "f09f9841": bad + "A",
		"c328": bad + "(", "eda080": bad + bad + bad, "c0af": bad + bad, "e0809f": bad + bad + bad,
		"f4908080": bad + bad + bad + bad, "8080": bad + bad, "61f09f98f09f9880": "a" + bad + "😀",
		"f8888080": bad + bad + bad + bad, "efbfbd": bad, "": "",
	} {
		b, err := hex.DecodeString(in)
		if err != nil {
			t.Fatal(err)
		}
		if got := lossy(b); got != want {
			t.Errorf("%s: got %q, want %q", in, got, want)
		}
		p := source(string(b), false)
		if p.align != nil && len(p.align) != len(p.text) {
			t.Errorf("%s: %d source ranges for %d bytes", in, len(p.align), len(p.text))
		}
	}
}

func TestIncomplete(t *testing.T) {
	for in, want := range map[string]int{
		"": 0, "a": 0, "中": 0, "\xe4": 1, "\xe4\xb8": 2, "a\xf0\x9f\x98": 3, "\xf0\x9f\x98\x80": 0,
		"\x80": 0, "\xe4\xb8\xad\x80": 0, "\xc0": 0, "\xe0\x80": 0, "\xed\xa0": 0, "\xff": 0, "\xf4\x90": 0, "\xc3": 1,
	} {
		if got := incomplete([]byte(in)); got != want {
			t.Errorf("%x: got %d, want %d", in, got, want)
		}
	}
}

func FuzzRepair(f *testing.F) {
	f.Add([]byte("a\xff\xe4\xb8"), 2)
	f.Fuzz(func(t *testing.T, b []byte, cut int) {
		s := lossy(b)
		if !utf8.ValidString(s) {
			t.Fatalf("%x: %q is not utf-8", b, s)
		}
		if utf8.Valid(b) && s != string(b) {
			t.Fatalf("%q became %q", b, s)
		}
		// Held back and continued anywhere, the text is the same.
		if cut < 0 || cut > len(b) {
			return
		}
		n := cut - incomplete(b[:cut])
		if got := lossy(b[:n]) + lossy(b[n:]); got != s {
			t.Fatalf("%x cut at %d: %q, want %q", b, cut, got, s)
		}
	})
}
