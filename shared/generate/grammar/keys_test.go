package grammar

import "testing"

func TestKeys(t *testing.T) {
	for text, want := range map[string]bool{
		`{"a":1,"b":{"a":1},"c":["a","a",{"a":2}]}`: false,
		`{"a":1,"a":2}`:                      true,
		`{"b":{"a":1,"a":2}}`:                true,
		`[{"a":1},{"a":1}]`:                  false,
		`{"a":"a\"","b":"a"}`:                false,
		`{"\u0061":1,"a":2}`:                 true,
		`{"a\"b":1,"a\"b":2}`:                true,
		`{"a":{"x":{}},"x":[{},"x"],"y":{}}`: false,
	} {
		for cut := range len(text) { // the text may come in any two pieces, and what is only tried leaves no trace
			var k keys
			first := k.write([]byte(text[:cut]))
			rest := []byte(text[cut:])
			tried, again := k.repeats(rest), k.repeats(rest)
			if got := first || k.write(rest); got != want || tried != again || tried && first != want && !want {
				t.Errorf("%s cut at %d: %v, tried %v and %v", text, cut, got, tried, again)
			}
			if !first && tried != want {
				t.Errorf("%s cut at %d: tried %v, expected %v", text, cut, tried, want)
			}
		}
	}
}
