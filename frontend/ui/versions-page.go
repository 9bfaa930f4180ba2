package ui

import (
	"fmt"
	"slices"

	"graft/frontend/studio"
)

// VersionsPage lists what was kept of a prompt, and what changed since.
type VersionsPage struct {
	*App
}

// Versions are the latest first.
func (c *VersionsPage) Versions() []studio.Version {
	if c.Current == nil {
		return nil
	}
	v := slices.Clone(c.Current.Versions)
	slices.Reverse(v)
	return v
}

// Title is a version's number and time.
func (c *VersionsPage) Title(v studio.Version) string {
	return fmt.Sprintf("%d · %s", v.Number, v.Time.Local().Format("2006-01-02 15:04"))
}

// Compare shows what changed since a version, or hides it.
func (c *VersionsPage) Compare(number int) {
	if c.Shown == number {
		number = 0
	}
	c.App.Shown = number
}
