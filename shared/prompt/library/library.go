// Package library has prompts to begin with: nine templates for eight kinds of work, in Chinese and in English, each with cases
// that test it.
//
// A template is a .prompt file and a .test.yaml file beside it; a new one is a pair of files in each language's folder, and a row of
// the table.
package library

import (
	"embed"
	"fmt"
	"slices"
	"strings"

	"graft/shared/prompt"
)

//go:embed en/*.prompt en/*.test.yaml zh/*.prompt zh/*.test.yaml
var files embed.FS

// Languages are those that every template is written in.
var Languages = []string{"en", "zh"}

// Names are the templates, in the order they are listed.
var Names = []string{"classification", "extraction", "code", "service", "content", "summary", "minutes", "qa", "report"}

// Template is one prompt of the library in one language.
type Template struct {
	Name        string `json:"name"`
	Language    string `json:"language"`
	Description string `json:"description"`
	Source      string `json:"source"` // the .prompt file
	Tests       string `json:"tests"`  // the .test.yaml file
}

// Find is a template in a language.
func Find(name, language string) (Template, error) {
	if !slices.Contains(Names, name) {
		return Template{}, fmt.Errorf("template %q is not known, expected one of %s", name, strings.Join(Names, ", "))
	}
	if !slices.Contains(Languages, language) {
		return Template{}, fmt.Errorf("language %q is not known, expected one of %s", language, strings.Join(Languages, ", "))
	}
	t := Template{Name: name, Language: language}
	for ext, to := range map[string]*string{".prompt": &t.Source, ".test.yaml": &t.Tests} {
		data, err := files.ReadFile(language + "/" + name + ext)
		if err != nil {
			return Template{}, err
		}
		*to = string(data)
	}
	p, err := prompt.Parse(t.Source, prompt.Options{Name: name})
	if err != nil {
		return Template{}, err
	}
	t.Description = p.Description
	return t, nil
}

// All are the templates of a language.
func All(language string) ([]Template, error) {
	var all []Template
	for _, name := range Names {
		t, err := Find(name, language)
		if err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, nil
}
