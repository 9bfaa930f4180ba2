package hub

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Select says which files of a repository are wanted. Patterns are those of huggingface_hub: *, ? and [ab], where * goes
// over slashes too, and a folder's name with a slash at its end stands for all that is in it. Without any, what graft
// reads is taken: safetensors or the only GGUF file, with what lies beside it.
type Select struct{ Include, Exclude []string }

func (s Select) all() bool { return len(s.Include) == 0 && len(s.Exclude) == 0 }

// pick gives the wanted ones of names.
func (s Select) pick(names []string) ([]string, error) {
	if s.all() {
		return usual(names)
	}
	include, err := globs(s.Include)
	if err != nil {
		return nil, err
	}
	exclude, err := globs(s.Exclude)
	if err != nil {
		return nil, err
	}
	var picked []string
	for _, name := range names {
		match := func(re *regexp.Regexp) bool { return re.MatchString(name) }
		if (len(include) == 0 || slices.ContainsFunc(include, match)) && !slices.ContainsFunc(exclude, match) {
			picked = append(picked, name)
		}
	}
	if len(picked) == 0 {
		return nil, fmt.Errorf("no file is wanted: of %s", some(names))
	}
	return picked, nil
}

// globs turns patterns into regular expressions.
func globs(patterns []string) ([]*regexp.Regexp, error) {
	var all []*regexp.Regexp
	for _, p := range patterns {
		if strings.HasSuffix(p, "/") {
			p += "*"
		}
		var b strings.Builder
		for i := 0; i < len(p); i++ {
			end := strings.IndexByte(p[i+1:], ']')
			switch c := p[i]; {
			case c == '*':
				b.WriteString(`.*`)
			case c == '?':
				b.WriteByte('.')
			case c == '[' && end > 0:
				set := strings.ReplaceAll(p[i+1:i+1+end], `\`, `\\`)
				if rest, ok := strings.CutPrefix(set, "!"); ok {
					set = "^" + rest
				}
				b.WriteString("[" + set + "]")
				i += end + 1
			default:
				b.WriteString(regexp.QuoteMeta(p[i : i+1]))
			}
		}
		re, err := regexp.Compile(`^(?s:` + b.String() + `)$`)
		if err != nil {
			return nil, fmt.Errorf("pattern %q: %w", p, err)
		}
		all = append(all, re)
	}
	return all, nil
}

// others are formats of weights, and what comes with them, that graft does not read.
var others = []string{".bin", ".pt", ".pth", ".ckpt", ".h5", ".ot", ".msgpack", ".onnx", ".onnx_data", ".tflite", ".mlmodel", ".mlpackage", ".npz", ".nemo", ".pkl", ".engine"}

// usual is what graft reads of a repository.
func usual(names []string) ([]string, error) {
	var weights, ggufs, rest []string
	for _, name := range names {
		ext := strings.ToLower(path.Ext(name))
		switch {
		case ext == ".safetensors" && !strings.Contains(name, "/") && !strings.HasPrefix(name, "consolidated"):
			weights = append(weights, name)
		case ext == ".gguf":
			ggufs = append(ggufs, name)
		case ext == ".safetensors", slices.Contains(others, ext), strings.Contains(name, "/") && !besides(name), name == ".gitattributes":
		default:
			rest = append(rest, name)
		}
	}
	switch models := ggufModels(ggufs); {
	case len(weights) > 0:
		return append(weights, rest...), nil
	case len(models) == 1:
		return append(ggufs, rest...), nil
	case len(models) > 1:
		return nil, &choiceError{models}
	case slices.ContainsFunc(names, func(n string) bool { return slices.Contains(others, strings.ToLower(path.Ext(n))) }):
		return nil, fmt.Errorf("no safetensors and no GGUF file, which graft reads: of %s", some(names))
	}
	return rest, nil
}

// besides tells which files in folders belong to a model: chat templates and modules of sentence-transformers.
func besides(name string) bool {
	dir, _, _ := strings.Cut(name, "/")
	return dir == "additional_chat_templates" || len(dir) > 2 && dir[0] >= '0' && dir[0] <= '9' && strings.Contains(dir, "_")
}

// ggufPart is the end of the name of one of several files of a GGUF model.
var ggufPart = regexp.MustCompile(`-\d{5}-of-\d{5}\.gguf$`)

// ggufModels gives the first file of every model in GGUF.
func ggufModels(names []string) []string {
	var models []string
	for _, name := range names {
		base := path.Base(name)
		if strings.HasPrefix(base, "mmproj") || ggufPart.MatchString(name) && !strings.Contains(name, "-00001-of-") {
			continue
		}
		models = append(models, name)
	}
	return models
}

// choiceError tells that a repository has several models.
type choiceError struct{ models []string }

func (e *choiceError) Error() string {
	return fmt.Sprintf("has %d GGUF models; name one, as hf://org/name/%s: %s", len(e.models), e.models[0], some(e.models))
}

// some names some of many.
func some(names []string) string {
	const most = 12
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// withParts gives a file, and where it is one of several that make up a GGUF model, the others too.
func withParts(name string, names []string) []string {
	at := ggufPart.FindStringIndex(name)
	if at == nil {
		return []string{name}
	}
	var all []string
	for _, n := range names {
		if other := ggufPart.FindStringIndex(n); other != nil && n[:other[0]] == name[:at[0]] {
			all = append(all, n)
		}
	}
	return all
}
