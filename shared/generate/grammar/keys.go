package grammar

import (
	"encoding/json"
	"slices"
)

// keys follows JSON as it is said and knows the fields of the objects that are open, so that no field is said twice: an automaton
// cannot remember names that it did not choose.
type keys struct {
	open    []container
	text    []byte // of the string so far, if it is a field's name
	inside  bool   // a string
	escaped bool   // behind a backslash in it
}

// container is an object or a list that is not closed.
type container struct {
	object bool
	next   bool // the next string is a field's name
	names  []string
}

// write goes on by some bytes of JSON that is known to be right, and reports whether a name came twice.
func (k *keys) write(b []byte) (twice bool) {
	for _, c := range b {
		n := len(k.open) - 1
		naming := n >= 0 && k.open[n].object && k.open[n].next
		if k.inside {
			switch {
			case k.escaped:
				k.escaped = false
			case c == '\\':
				k.escaped = true
			case c == '"':
				k.inside = false
				if naming {
					name := plainName(k.text)
					twice = twice || slices.Contains(k.open[n].names, name)
					k.open[n].names = append(k.open[n].names, name)
					k.open[n].next = false
				}
				continue
			}
			if naming {
				k.text = append(k.text, c)
			}
			continue
		}
		switch c {
		case '"':
			k.inside, k.text = true, nil
		case '{', '[':
			k.open = append(k.open, container{object: c == '{', next: true})
		case '}', ']':
			if n >= 0 {
				k.open = k.open[:n]
			}
		case ',':
			if n >= 0 {
				k.open[n].next = true
			}
		}
	}
	return twice
}

// plainName is a name without its escapes.
func plainName(raw []byte) string {
	var s string
	if slices.Contains(raw, '\\') && json.Unmarshal(slices.Concat([]byte{'"'}, raw, []byte{'"'}), &s) == nil {
		return s
	}
	return string(raw)
}

// named reports whether there is a field that could come again.
func (k *keys) named() bool {
	return slices.ContainsFunc(k.open, func(c container) bool { return len(c.names) > 0 })
}

// repeats reports whether a name would come twice.
func (k *keys) repeats(b []byte) bool {
	try := keys{open: slices.Clone(k.open), text: slices.Clip(k.text), inside: k.inside, escaped: k.escaped}
	for i := range try.open {
		try.open[i].names = slices.Clip(try.open[i].names) // what is added is not k's
	}
	return try.write(b)
}
