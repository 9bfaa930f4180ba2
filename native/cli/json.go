package cli

import "encoding/json"

// printJSON writes a value as one line to standard output, as it is: without escapes for web pages.
func (a *app) printJSON(v any) error {
	e := json.NewEncoder(a.Stdout)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
