package studio

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Document is a prompt that is being written: the text of a .prompt file, the values it is tried with, and its versions.
type Document struct {
	ID       string            `json:"id"`
	Name     string            `json:"name"`
	Folder   string            `json:"folder,omitempty"`
	Text     string            `json:"text"`
	Values   map[string]string `json:"values,omitempty"` // of the variables, as they stand in the form
	Tests    string            `json:"tests,omitempty"`  // the text of its .test.yaml
	Versions []Version         `json:"versions,omitempty"`
	Updated  time.Time         `json:"updated"`
}

// Version is a text that was kept.
type Version struct {
	Number int       `json:"number"` // from 1
	Time   time.Time `json:"time"`
	Note   string    `json:"note,omitempty"`
	Text   string    `json:"text"`
}

// Latest is the version last kept, nil if none was.
func (d *Document) Latest() *Version {
	if len(d.Versions) == 0 {
		return nil
	}
	return &d.Versions[len(d.Versions)-1]
}

// Changed reports whether the text differs from the version last kept.
func (d *Document) Changed() bool {
	v := d.Latest()
	return v == nil || v.Text != d.Text
}

// Keep makes the text a version; ok is false if it is the latest one already.
func (d *Document) Keep(note string, now time.Time) (v Version, ok bool) {
	if !d.Changed() {
		return *d.Latest(), false
	}
	v = Version{Number: 1, Time: now, Note: strings.TrimSpace(note), Text: d.Text}
	if last := d.Latest(); last != nil {
		v.Number = last.Number + 1
	}
	d.Versions = append(d.Versions, v)
	return v, true
}

// Restore brings a version's text back. What is there now becomes a version first, so that nothing is lost.
func (d *Document) Restore(number int, now time.Time) error {
	i := slices.IndexFunc(d.Versions, func(v Version) bool { return v.Number == number })
	if i < 0 {
		return fmt.Errorf("%s: version %d: not found among %d", d.Name, number, len(d.Versions))
	}
	text := d.Versions[i].Text
	d.Keep("", now)
	d.Text = text
	return nil
}

func (d *Document) encode() ([]byte, error) { return json.Marshal(d) }

func decodeDocument(data []byte) (*Document, error) {
	d := &Document{}
	if err := json.Unmarshal(data, d); err != nil {
		return nil, err
	}
	if d.ID == "" {
		return nil, fmt.Errorf("document: id is missing")
	}
	return d, nil
}
