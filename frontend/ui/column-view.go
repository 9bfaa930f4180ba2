package ui

import (
	"fmt"

	"graft/frontend/studio"
)

// ColumnView is an answer as it is written.
type ColumnView struct {
	*App
	Column *studio.Column
}

// State is the answer now.
func (c *ColumnView) State() studio.ColumnState { return c.Column.State() }

// Figures say how fast the answer came, "" before its end.
func (c *ColumnView) Figures() string {
	a := c.State().Answer
	if a == nil {
		return ""
	}
	s := fmt.Sprintf("%d %s · %.1f %s · %.0f %s", a.CompletionTokens, c.T("write.tokens"), a.TokensPerSecond, c.T("run.speed"), a.FirstTokenMS, c.T("run.first"))
	if a.FinishReason == "length" {
		s += " · " + c.T("run.length")
	}
	return s
}

// Blank reports whether there is nothing to show yet.
func (c *ColumnView) Blank() bool {
	s := c.State()
	return s.Text == "" && !s.Running && s.Error == "" && s.Answer == nil
}
