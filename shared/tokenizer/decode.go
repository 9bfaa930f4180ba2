package tokenizer

import "strings"

// Decode returns the text of ids. With skipSpecial, special tokens are left out.
// Bytes that are no UTF-8 become U+FFFD. Ids not in use are left out.
func (t *Tokenizer) Decode(ids []int32, skipSpecial bool) string {
	if t.isByte {
		var b []byte
		for _, id := range ids {
			if !(skipSpecial && t.IsSpecial(id)) {
				b = append(b, t.Bytes(id)...)
			}
		}
		return lossy(b)
	}
	tokens := make([]string, 0, len(ids))
	for _, id := range ids {
		if w := t.Token(id); w != "" && !(skipSpecial && t.IsSpecial(id)) {
			tokens = append(tokens, w)
		}
	}
	if t.decoder == nil {
		return strings.Join(tokens, " ")
	}
	return strings.Join(t.decoder.decode(tokens), "")
}
