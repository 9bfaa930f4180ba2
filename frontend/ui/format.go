package ui

import (
	"fmt"

	"github.com/vugu/vugu"

	"graft/frontend/studio"
)

// percent is how much of a total is done, with a space before it; "" if the total is not known.
func percent(done, total int64) string {
	if total <= 0 {
		return ""
	}
	return fmt.Sprintf(" %d %%", 100*done/total)
}

// value is what an event's field holds.
func value(e vugu.DOMEvent) string { return e.PropString("target", "value") }

func switchLanguage(s *studio.Settings) {
	if s.Language == studio.Chinese {
		s.Language = studio.English
	} else {
		s.Language = studio.Chinese
	}
}
