package studio

import "graft/shared/prompt"

// Language is one that the studio speaks.
type Language string

// The languages.
const (
	English Language = "en"
	Chinese Language = "zh"
)

// Of picks a text's wording.
func (l Language) Of(t prompt.Bilingual) string {
	if l == Chinese && t.Zh != "" || t.En == "" {
		return t.Zh
	}
	return t.En
}

// T is the text of a key; a key that the table lacks is shown as it is, which a test forbids.
func (l Language) T(key string) string {
	if t, ok := words[key]; ok {
		return l.Of(t)
	}
	return key
}
