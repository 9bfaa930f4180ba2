package trial

import (
	"bytes"
	"encoding/json"
	"strings"

	"graft/shared/prompt"
)

func isJSON(c *checking, a *Assertion) (verdict, error) {
	v, err := prompt.ParseJSON([]byte(c.answer.Text))
	if err != nil {
		return say(false, "no JSON: %v", err), nil
	}
	return fits(a, v), nil
}

func fits(a *Assertion, v any) verdict {
	s, _ := a.Value.(*prompt.Object)
	bad := prompt.Validate(s, v)
	return say(len(bad) == 0, "%s", strings.Join(bad, "; "))
}

// maxOpenings is how many places of an answer are tried as the beginning of a value.
const maxOpenings = 1000

// containsJSON looks for an object or a list anywhere in the answer.
func containsJSON(c *checking, a *Assertion) (verdict, error) {
	last, text := say(false, "no JSON object or list in the answer"), c.answer.Text
	for at, tries := 0, 0; tries < maxOpenings; tries++ {
		i := strings.IndexAny(text[at:], "{[")
		if i < 0 {
			break
		}
		at += i
		var raw json.RawMessage
		if err := json.NewDecoder(bytes.NewReader([]byte(text[at:]))).Decode(&raw); err == nil {
			if v, err := prompt.ParseJSON(raw); err == nil {
				if last = fits(a, v); last.pass {
					return last, nil
				}
			}
		}
		at++
	}
	return last, nil
}
