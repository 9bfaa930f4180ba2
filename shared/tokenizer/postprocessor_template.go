package tokenizer

import "encoding/json"

// template puts fixed tokens around the sequence. Templates for pairs of
// sequences are not read.
type template struct{ before, after []int32 }

func parseTemplate(n node) (postProcessor, error) {
	var c struct {
		Single  []json.RawMessage `json:"single"`
		Special map[string]struct {
			IDs []int32 `json:"ids"`
		} `json:"special_tokens"`
	}
	if err := n.decode(&c); err != nil {
		return nil, err
	}
	var t template
	seen := false
	single := n.child("single", nil)
	for i, raw := range c.Single {
		item := single.item(i, raw)
		var p struct {
			Sequence     *struct{ ID string }
			SpecialToken *struct{ ID string }
		}
		if err := item.decode(&p); err != nil {
			return nil, err
		}
		switch {
		case p.Sequence != nil && p.Sequence.ID == "A" && !seen:
			seen = true
		case p.SpecialToken != nil:
			s, ok := c.Special[p.SpecialToken.ID]
			if !ok {
				return nil, item.errorf("%q is not in special_tokens", p.SpecialToken.ID)
			}
			if seen {
				t.after = append(t.after, s.IDs...)
			} else {
				t.before = append(t.before, s.IDs...)
			}
		default:
			return nil, item.errorf("expected a SpecialToken, or Sequence A once, got %s", raw)
		}
	}
	if !seen {
		return nil, single.errorf("does not contain Sequence A")
	}
	return t, nil
}

func (t template) process(e *Encoding, _ *Tokenizer, _ string, addSpecial bool) {
	if !addSpecial || len(t.before)+len(t.after) == 0 {
		return
	}
	n := len(t.before) + len(e.IDs) + len(t.after)
	ids, offsets := make([]int32, 0, n), make([][2]int, n)
	ids = append(ids, t.before...)
	copy(offsets[len(ids):], e.Offsets)
	ids = append(ids, e.IDs...)
	e.IDs, e.Offsets = append(ids, t.after...), offsets
}

func (t template) adds() []int32 { return append(append([]int32(nil), t.before...), t.after...) }

// parseBertProcessing reads BertProcessing: cls before, sep after the sequence.
func parseBertProcessing(n node) (postProcessor, error) {
	var c struct{ Sep, Cls []json.RawMessage }
	if err := n.decode(&c); err != nil {
		return nil, err
	}
	var t template
	for _, f := range []struct {
		name string
		pair []json.RawMessage
		to   *[]int32
	}{{"cls", c.Cls, &t.before}, {"sep", c.Sep, &t.after}} {
		at := n.child(f.name, nil)
		if len(f.pair) != 2 {
			return nil, at.errorf("expected [token, id], got %d values", len(f.pair))
		}
		var id int32
		if err := n.child(f.name, f.pair[1]).decode(&id); err != nil {
			return nil, err
		}
		*f.to = []int32{id}
	}
	return t, nil
}
