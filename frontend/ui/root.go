package ui

// pages are the studio's, in the order of its tabs.
var pages = []string{"write", "compare", "versions", "adapters", "settings"}

// Root is the whole page.
type Root struct {
	*App
}

// Pages are the tabs.
func (c *Root) Pages() []string { return pages }

// Current tells assistive technology which tab is shown.
func (c *Root) Tab(page string) string {
	if page == c.At {
		return "page"
	}
	return "false"
}

// OtherLanguage is the language to switch to.
func (c *Root) OtherLanguage() { c.Choose(switchLanguage) }

// Status tells what model is open.
func (c *Root) Status() string {
	switch {
	case c.Opening != nil:
		return c.T("model.opening") + percent(c.Opening.Done, c.Opening.Total)
	case c.Model.Name == "":
		return c.T("model.none")
	}
	return c.Model.Name
}

// Saved tells whether all that was written is on the device.
func (c *Root) Saved() string {
	if c.Saving > 0 {
		return c.T("saving")
	}
	return c.T("saved")
}
