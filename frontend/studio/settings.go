package studio

import (
	"encoding/json"
	"fmt"
)

// Settings are what a person chose; they last on the device.
type Settings struct {
	Language    Language `json:"language"`
	Theme       string   `json:"theme"`   // light, dark, "": as the system has it
	Threads     int      `json:"threads"` // of the model in the page, 0: one a core but one
	Model       string   `json:"model"`   // place of the model that is opened first
	MaxTokens   int      `json:"max_tokens"`
	Temperature float64  `json:"temperature"`
}

// Defaults are the settings of a person who chose nothing.
func Defaults(l Language) Settings {
	return Settings{Language: l, Model: "embedded", MaxTokens: 256}
}

// LoadSettings reads what was kept; what cannot be read counts as not chosen. It may wait.
func LoadSettings(s Store, l Language) (Settings, error) {
	set := Defaults(l)
	kept, err := s.All(kindSettings)
	if err != nil {
		return set, fmt.Errorf("settings: %w", err)
	}
	if data, ok := kept["settings"]; ok {
		if json.Unmarshal(data, &set) != nil || set.Check() != nil {
			set = Defaults(l)
		}
	}
	return set, nil
}

// Save keeps the settings. It may wait.
func (s Settings) Save(to Store) error {
	if err := s.Check(); err != nil {
		return err
	}
	data, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return to.Put(kindSettings, "settings", data)
}

// Check reports the first setting that is out of its range.
func (s Settings) Check() error {
	switch {
	case s.Language != English && s.Language != Chinese:
		return fmt.Errorf("language %q: expected en or zh", s.Language)
	case s.Theme != "" && s.Theme != "light" && s.Theme != "dark":
		return fmt.Errorf("theme %q: expected light, dark or nothing", s.Theme)
	case s.Threads < 0 || s.Threads > 64:
		return fmt.Errorf("threads %d: expected 0 to 64", s.Threads)
	case s.MaxTokens < 1 || s.MaxTokens > 1<<16:
		return fmt.Errorf("max_tokens %d: expected 1 to %d", s.MaxTokens, 1<<16)
	case s.Temperature < 0 || s.Temperature > 5:
		return fmt.Errorf("temperature %g: expected 0 to 5", s.Temperature)
	}
	return nil
}
