package ui

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/vugu/vugu"
	"github.com/vugu/vugu/js"

	"graft/frontend/studio"
	"graft/shared/prompt"
)

// Page is what the page itself can do: the browser's, or a test's.
type Page interface {
	// Select marks a stretch of the prompt's text and brings it into view; columns and lengths count characters.
	Select(line, column, length int)
	// Confirm asks the person a yes-or-no question. It may wait.
	Confirm(question string) bool
	// Save offers a file to be kept.
	Save(name string, data []byte)
	// Link is the address of the studio with a fragment; Copy puts a text into the clipboard.
	Link(fragment string) string
	Copy(text string)
	// Apply shows a language and a theme on the whole document.
	Apply(s studio.Settings)
}

// App is the studio's state. All fields are guarded by the page's lock.
type App struct {
	Store  studio.Store
	Runner studio.Runner
	Page   Page
	Env    vugu.EventEnv
	Now    func() time.Time

	Library  *studio.Library
	Settings studio.Settings
	At       string // the page that is shown: write, compare, …
	Query    string
	Current  *studio.Document
	View     *studio.View
	Note     string // of the version to be kept
	Error    string
	Notice   string
	Saving   int

	Model    studio.ModelInfo
	Opening  *studio.Progress // nil: no model is being opened
	Place    string           // of a model, in its form
	Name     string           // of an adapter, in its form
	Folder   string
	Columns  []*studio.Column
	Shown    int // number of the version that is compared with the text, 0: none
	deferred map[string]*time.Timer
	pending  map[string]*studio.Document // to be kept when their timer ends
	drawing  bool                        // a render is on its way

	area      js.Value         // the text area, undefined outside a browser
	shownIn   *studio.Document // whose text it shows
	shownText string
}

// The times that work is put off by, so that typing stays light.
const (
	lookAfter = 120 * time.Millisecond // reading the prompt anew
	saveAfter = 400 * time.Millisecond // saving what is typed
	drawAfter = 60 * time.Millisecond  // between pieces of an answer
)

// NewApp opens what is kept. It may wait.
func NewApp(store studio.Store, runner studio.Runner, page Page, env vugu.EventEnv, language studio.Language, now func() time.Time, newID func() string) (*App, error) {
	a := &App{Store: store, Runner: runner, Page: page, Env: env, Now: now, At: "write",
		deferred: map[string]*time.Timer{}, pending: map[string]*studio.Document{}}
	var err error
	if a.Settings, err = studio.LoadSettings(store, language); err != nil {
		return nil, err
	}
	if a.Library, err = studio.OpenLibrary(store, now, newID); err != nil {
		return nil, err
	}
	a.Place = a.Settings.Model
	a.Columns = []*studio.Column{{}}
	if docs := a.Library.Documents; len(docs) > 0 {
		a.Open(docs[0])
	}
	page.Apply(a.Settings)
	return a, nil
}

// T is a text in the language that is chosen.
func (a *App) T(key string) string { return a.Settings.Language.T(key) }

// update changes the App from a goroutine and has the page drawn.
func (a *App) update(f func()) {
	a.Env.Lock()
	defer a.Env.UnlockRender()
	f()
}

// async runs what waits. What goes wrong is shown; a panic, too, instead of ending the page.
func (a *App) async(f func() error) {
	go func() {
		err := guard(f)
		if err != nil {
			a.update(func() { a.Error = err.Error() })
		}
	}()
}

func guard(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("internal mistake: %v\n%s", r, debug.Stack())
		}
	}()
	return f()
}

// after runs f on a goroutine once no other call of the same key came for a while.
func (a *App) after(key string, d time.Duration, f func()) {
	if t := a.deferred[key]; t != nil {
		t.Stop()
	}
	a.deferred[key] = time.AfterFunc(d, f)
}

// Go shows a page.
func (a *App) Go(page string) {
	a.flush()
	a.look()
	a.At, a.Notice = page, ""
	if page == "compare" && len(a.Columns) == 1 {
		a.AddColumn()
	}
}

// fail shows a mistake.
func (a *App) fail(err error) {
	if err != nil {
		a.Error = err.Error()
	}
}

// Open puts a prompt into the editor.
func (a *App) Open(d *studio.Document) {
	a.flush()
	a.Current, a.Shown, a.Note = d, 0, ""
	a.look()
}

// look makes the view anew.
func (a *App) look() {
	if a.Current == nil {
		a.View = nil
		return
	}
	a.View = studio.Look(a.Current.Name, a.Current.Text, a.Current.Values, nil)
}

// changed notes a change of the prompt in the editor: it is read anew and kept in a moment.
func (a *App) changed() {
	d := a.Current
	d.Updated = a.Now()
	a.after("look", lookAfter, func() { a.update(a.look) })
	a.keep(d, saveAfter)
}

// keep saves a prompt in a moment: at once, but for typing, which goes on.
func (a *App) keep(d *studio.Document, wait time.Duration) {
	if a.pending[d.ID] == nil {
		a.Saving++
	}
	a.pending[d.ID] = d
	a.after("save "+d.ID, wait, func() {
		a.Env.Lock()
		if a.pending[d.ID] == nil { // a timer that had run out already when it was put off kept it
			a.Env.UnlockOnly()
			return
		}
		c := d.Copy()
		delete(a.pending, d.ID)
		a.Env.UnlockOnly()
		err := guard(func() error { return a.Library.Save(c) })
		a.update(func() { a.Saving--; a.fail(err) })
	})
}

// Typed is called with the whole text of the prompt after a key.
func (a *App) Typed(text string) {
	if a.Current == nil || a.Current.Text == text {
		return
	}
	a.Current.Text = text
	a.changed()
}

// SetValue gives a variable its value.
func (a *App) SetValue(name, value string) {
	if a.Current.Values == nil {
		a.Current.Values = map[string]string{}
	}
	a.Current.Values[name] = value
	a.changed()
}

// Rename changes name and folder.
func (a *App) Rename(name, folder string) {
	if err := a.Library.Rename(a.Current, name, folder); err != nil {
		a.fail(err)
		return
	}
	a.keep(a.Current, 0)
}

// New makes a prompt from a template, or an empty one.
func (a *App) New(name, text, tests string) { a.add(name, text, tests, nil) }

func (a *App) add(name, text, tests string, values map[string]string) {
	d, err := a.Library.Add(name, "", text)
	if err != nil {
		a.fail(err)
		return
	}
	d.Tests, d.Values = tests, values
	a.Open(d)
	a.At = "write"
	a.keep(d, 0)
}

// Delete asks, and deletes the prompt in the editor.
func (a *App) Delete() {
	d := a.Current
	a.async(func() error {
		if !a.Page.Confirm(a.T("library.sure") + "\n" + d.Name) {
			return nil
		}
		if err := a.Library.Forget(d.ID); err != nil {
			return err
		}
		a.update(func() {
			if t := a.deferred["save "+d.ID]; t != nil && t.Stop() && a.pending[d.ID] != nil {
				delete(a.pending, d.ID)
				a.Saving--
			}
			a.Library.Remove(d)
			a.Current = nil
			if docs := a.Library.Documents; len(docs) > 0 {
				a.Open(docs[0])
			}
		})
		return nil
	})
}

// KeepVersion makes the text a version.
func (a *App) KeepVersion() {
	a.flush()
	if _, ok := a.Current.Keep(a.Note, a.Now()); ok {
		a.Note = ""
		a.keep(a.Current, 0)
	}
}

// Restore brings a version back.
func (a *App) Restore(number int) {
	a.flush()
	if err := a.Current.Restore(number, a.Now()); err != nil {
		a.fail(err)
		return
	}
	a.look()
	a.keep(a.Current, 0)
}

// Mend makes the change that a finding proposes.
func (a *App) Mend(f prompt.Finding) {
	a.flush()
	text, err := studio.Mend(a.Current.Text, f)
	if err != nil {
		a.fail(err)
		return
	}
	a.Current.Text = text
	a.look()
	a.keep(a.Current, 0)
}

// Share copies a link that holds the prompt.
func (a *App) Share() {
	a.flush()
	f, err := studio.ShareFragment(a.Current)
	if err != nil {
		a.fail(err)
		return
	}
	a.Page.Copy(a.Page.Link(f))
	a.Notice = a.T("library.shared")
}

// Receive takes in the prompt that the page's address carries, if it carries one.
func (a *App) Receive(fragment string) {
	name, text, values, ok, err := studio.ReadShare(fragment)
	if err != nil || !ok {
		a.fail(err)
		return
	}
	a.add(name, text, "", values)
}

// Export offers the prompt as a file.
func (a *App) Export() {
	a.flush()
	a.Page.Save(a.Current.Name+".prompt", []byte(a.Current.Text))
}

// Choose changes the settings.
func (a *App) Choose(change func(s *studio.Settings)) {
	s := a.Settings
	change(&s)
	if err := s.Check(); err != nil {
		a.fail(err)
		return
	}
	a.Settings = s
	a.Page.Apply(s)
	a.async(func() error { return s.Save(a.Store) })
}

// context is that of runs; they end by Stop.
func (a *App) context() context.Context { return context.Background() }
