package ui

import (
	"graft/frontend/studio"
	"graft/shared/prompt/library"
)

// LibraryPane lists the prompts of this device.
type LibraryPane struct {
	*App
}

// Folders are the prompts that the search left.
func (c *LibraryPane) Folders() []studio.Folder { return c.Library.Search(c.Query) }

// Empty tells why the list is empty, "" if it is not.
func (c *LibraryPane) Empty() string {
	switch {
	case len(c.Library.Documents) == 0:
		return c.T("library.empty")
	case len(c.Folders()) == 0:
		return c.T("library.none")
	}
	return ""
}

// FolderName is a folder's heading.
func (c *LibraryPane) FolderName(f studio.Folder) string {
	if f.Name == "" {
		return c.T("library.root")
	}
	return f.Name
}

// Chosen tells assistive technology which prompt is in the editor.
func (c *LibraryPane) Chosen(d *studio.Document) string {
	if d == c.Current {
		return "true"
	}
	return "false"
}

// Templates are those of the language that is chosen.
func (c *LibraryPane) Templates() []library.Template {
	all, err := library.All(string(c.Settings.Language))
	if err != nil {
		return nil // a test holds the library to be whole
	}
	return all
}

// Begin makes a prompt from the template of a name.
func (c *LibraryPane) Begin(name string) {
	if name == "blank" {
		c.New(c.T("library.untitled"), "", "")
		return
	}
	t, err := library.Find(name, string(c.Settings.Language))
	if err != nil {
		c.fail(err)
		return
	}
	c.New(t.Description, t.Source, t.Tests)
}
