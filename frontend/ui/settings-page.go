package ui

import (
	"fmt"
	"strconv"

	"graft/frontend/studio"
)

// SettingsPage is what a person may choose.
type SettingsPage struct {
	*App
}

// Number sets a setting from a field; what is no number is shown as a mistake and changes nothing.
func (c *SettingsPage) Number(set func(s *studio.Settings, x float64), text string) {
	x, err := strconv.ParseFloat(text, 64)
	if err != nil {
		c.fail(fmt.Errorf("%q: expected a number", text))
		return
	}
	c.Choose(func(s *studio.Settings) { set(s, x) })
}

func setThreads(s *studio.Settings, x float64)     { s.Threads = int(x) }
func setMaxTokens(s *studio.Settings, x float64)   { s.MaxTokens = int(x) }
func setTemperature(s *studio.Settings, x float64) { s.Temperature = x }

// SetTheme chooses a theme, SetLanguage a language.
func (c *SettingsPage) SetTheme(t string) { c.Choose(func(s *studio.Settings) { s.Theme = t }) }

// SetLanguage chooses a language.
func (c *SettingsPage) SetLanguage(l string) {
	c.Choose(func(s *studio.Settings) { s.Language = studio.Language(l) })
}
