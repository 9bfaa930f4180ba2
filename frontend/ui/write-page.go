package ui

import (
	"fmt"

	"graft/frontend/studio"
	"graft/shared/prompt"
)

// WritePage is the editor: the text, its variables, the messages that come of them, advice, and an answer.
type WritePage struct {
	*App
}

// Place is where a finding is, in words.
func (c *WritePage) Place(f prompt.Finding) string {
	if c.Settings.Language == studio.Chinese {
		return fmt.Sprintf("第 %d 行", f.Line)
	}
	return fmt.Sprintf("line %d", f.Line)
}

// Say is a finding's message; Why its reason.
func (c *WritePage) Say(f prompt.Finding) string { return c.Settings.Language.Of(f.Message) }

// Why is the reason of a finding.
func (c *WritePage) Why(f prompt.Finding) string { return c.Settings.Language.Of(f.Why) }

// Point shows where a finding is.
func (c *WritePage) Point(f prompt.Finding) {
	c.flush()
	c.Page.Select(f.Line, f.Column, f.Length)
}

// Trouble is why the prompt cannot be rendered, "" if it can.
func (c *WritePage) Trouble() string {
	switch p := c.View.Problem; {
	case p == nil:
		return ""
	case p.Line > 0:
		return fmt.Sprintf("%d:%d: %s", p.Line, p.Column, p.Message)
	default:
		return p.Message
	}
}

// Tokens says about how many tokens something is.
func (c *WritePage) Tokens(n int) string { return tokens(c.App, n) }

func tokens(a *App, n int) string {
	return fmt.Sprintf("%s %d %s", a.T("write.about"), n, a.T("write.tokens"))
}

// SegmentClass tells the template's own words from what variables brought.
func (c *WritePage) SegmentClass(s prompt.Segment) string {
	if s.Variable != "" {
		return "variable"
	}
	return "words"
}
