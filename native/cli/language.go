package cli

import "strings"

// language is one that help and notes are written in.
type language int

const (
	english language = iota
	chinese
)

// text is a message in both languages.
type text struct{ en, zh string }

func (l language) of(t text) string {
	if l == chinese {
		return t.zh
	}
	return t.en
}

// languageOf is the language that --lang asks for, else the environment. It is needed before flags are parsed, since
// help is made of it.
func languageOf(args []string, getenv func(string) string) language {
	for i, arg := range args {
		if arg == "--" {
			break
		}
		if v, ok := strings.CutPrefix(arg, "--lang="); ok {
			return named(v)
		}
		if arg == "--lang" && i+1 < len(args) {
			return named(args[i+1])
		}
	}
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := getenv(name); v != "" {
			return named(v)
		}
	}
	return english
}

func named(locale string) language {
	if strings.HasPrefix(strings.ToLower(locale), "zh") {
		return chinese
	}
	return english
}
