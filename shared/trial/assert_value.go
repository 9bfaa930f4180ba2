package trial

import (
	"fmt"
	"regexp"

	"graft/shared/prompt"
)

// What values and thresholds must be like; each says what is wrong.

func anyValue(*Assertion) string { return "" }

func textValue(a *Assertion) string {
	switch a.Value.(type) {
	case string, float64, bool:
		return ""
	}
	return fmt.Sprintf("value is %.40s, expected a text", prompt.FormatJSON(a.Value, 0))
}

func listed(a *Assertion) string {
	if list, ok := a.Value.([]any); !ok || len(list) == 0 {
		return fmt.Sprintf("value is %.40s, expected a list of texts", prompt.FormatJSON(a.Value, 0))
	}
	return ""
}

func textOrList(a *Assertion) string {
	if _, ok := a.Value.([]any); ok {
		return listed(a)
	}
	return textValue(a)
}

func expression(a *Assertion) string {
	if bad := textValue(a); bad != "" {
		return bad
	}
	if _, err := regexp.Compile(prompt.GoPattern(said(a.Value))); err != nil {
		return err.Error()
	}
	return ""
}

func schema(a *Assertion) string {
	switch a.Value.(type) {
	case nil, *prompt.Object:
		return ""
	}
	return fmt.Sprintf("value is %.40s, expected a JSON Schema or nothing", prompt.FormatJSON(a.Value, 0))
}

func threshold(a *Assertion) string {
	if a.Threshold == nil {
		return "threshold is missing"
	}
	return ""
}

func wordRange(a *Assertion) string {
	switch v := a.Value.(type) {
	case float64:
		return ""
	case *prompt.Object:
		_, least := number(v, "min")
		_, most := number(v, "max")
		if least || most {
			return ""
		}
	}
	return fmt.Sprintf("value is %.40s, expected a number, or min and max", prompt.FormatJSON(a.Value, 0))
}

// said is a value as text.
func said(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	return prompt.FormatJSON(v, 0)
}

// texts are a value's texts: of a list each.
func texts(v any) []string {
	list, ok := v.([]any)
	if !ok {
		return []string{said(v)}
	}
	out := make([]string, len(list))
	for i, e := range list {
		out[i] = said(e)
	}
	return out
}
