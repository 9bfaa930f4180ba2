package studio

import (
	"cmp"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"graft/shared/prompt"
)

// Limits of what is kept, so that a hostile file cannot fill the device.
const (
	maxText = 4 << 20 // bytes of one prompt
	maxName = 200     // characters
)

// Library is all prompts of this device.
type Library struct {
	Documents []*Document // those changed last come first
	Broken    []string    // names of kept prompts that could not be read; they are left as they are

	store Store
	now   func() time.Time
	newID func() string
}

// OpenLibrary reads what is kept. It may wait.
func OpenLibrary(s Store, now func() time.Time, newID func() string) (*Library, error) {
	l := &Library{store: s, now: now, newID: newID}
	kept, err := s.All(kindPrompt)
	if err != nil {
		return nil, fmt.Errorf("prompts: %w", err)
	}
	for name, data := range kept {
		d, err := decodeDocument(data)
		if err != nil || d.ID != name {
			l.Broken = append(l.Broken, name)
			continue
		}
		l.Documents = append(l.Documents, d)
	}
	slices.Sort(l.Broken)
	l.sort()
	return l, nil
}

func (l *Library) sort() {
	slices.SortFunc(l.Documents, func(a, b *Document) int {
		return cmp.Or(b.Updated.Compare(a.Updated), cmp.Compare(a.ID, b.ID))
	})
}

// Add makes a new prompt. It is not kept before Save.
func (l *Library) Add(name, folder, text string) (*Document, error) {
	d := &Document{ID: l.newID()}
	if err := errors.Join(d.rename(name, folder), d.write(text)); err != nil {
		return nil, err
	}
	d.Updated = l.now()
	l.Documents = append([]*Document{d}, l.Documents...)
	return d, nil
}

// write replaces the text.
func (d *Document) write(text string) error {
	switch {
	case len(text) > maxText:
		return fmt.Errorf("%s: %d bytes of text, expected at most %d", d.Name, len(text), maxText)
	case !utf8.ValidString(text):
		return fmt.Errorf("%s: the text is not valid UTF-8", d.Name)
	}
	d.Text = text
	return nil
}

// rename gives a prompt a name and a folder, whose parts are joined by slashes.
func (d *Document) rename(name, folder string) error {
	name = strings.TrimSpace(name)
	if name == "" || utf8.RuneCountInString(name) > maxName || utf8.RuneCountInString(folder) > maxName {
		return fmt.Errorf("name %q, folder %q: expected 1 to %d characters for a name, at most as many for a folder", name, folder, maxName)
	}
	d.Name, d.Folder = name, strings.Trim(path.Clean("/"+strings.TrimSpace(folder)), "/")
	return nil
}

// Rename gives a prompt another name and folder.
func (l *Library) Rename(d *Document, name, folder string) error {
	if err := d.rename(name, folder); err != nil {
		return err
	}
	d.Updated = l.now()
	l.sort()
	return nil
}

// Touch notes that a prompt was changed now.
func (l *Library) Touch(d *Document) {
	d.Updated = l.now()
	l.sort()
}

// Save keeps a prompt on the device. It may wait; pass it a Copy if others go on writing.
func (l *Library) Save(d *Document) error {
	data, err := d.encode()
	if err != nil {
		return err
	}
	return l.store.Put(kindPrompt, d.ID, data)
}

// Copy is the document as it is now.
func (d *Document) Copy() *Document {
	c := *d
	c.Versions = slices.Clone(d.Versions)
	c.Values = map[string]string{}
	for k, v := range d.Values {
		c.Values[k] = v
	}
	return &c
}

// Remove takes a prompt out of the list; Forget deletes what is kept of it, and may wait.
func (l *Library) Remove(d *Document) {
	l.Documents = slices.DeleteFunc(l.Documents, func(o *Document) bool { return o == d })
}

// Forget deletes what is kept of a prompt.
func (l *Library) Forget(id string) error { return l.store.Delete(kindPrompt, id) }

// Find returns the prompt of that ID, nil if there is none.
func (l *Library) Find(id string) *Document {
	for _, d := range l.Documents {
		if d.ID == id {
			return d
		}
	}
	return nil
}

// Folder is the prompts of one folder that a search left.
type Folder struct {
	Name      string // "": the prompts in none
	Documents []*Document
}

// Search groups the prompts whose name, folder or text has every word of a query, in folders by name.
func (l *Library) Search(query string) []Folder {
	words := strings.Fields(strings.ToLower(query))
	by := map[string]*Folder{}
	var folders []*Folder
	for _, d := range l.Documents {
		in := strings.ToLower(d.Folder + "\n" + d.Name + "\n" + d.Text)
		if slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(in, w) }) {
			continue
		}
		f := by[d.Folder]
		if f == nil {
			f = &Folder{Name: d.Folder}
			by[d.Folder], folders = f, append(folders, f)
		}
		f.Documents = append(f.Documents, d)
	}
	slices.SortFunc(folders, func(a, b *Folder) int { return cmp.Compare(a.Name, b.Name) })
	out := make([]Folder, len(folders))
	for i, f := range folders {
		out[i] = *f
	}
	return out
}

// nameOf is the name a prompt's front matter gives it, or else.
func nameOf(text, or string) string {
	if p, err := prompt.Parse(text, prompt.Options{}); err == nil && p.Name != "" {
		return p.Name
	}
	return or
}
