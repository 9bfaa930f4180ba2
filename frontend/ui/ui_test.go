package ui

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vugu/vugu"

	"graft/frontend/studio"
	"graft/frontend/ui/uitest"
)

// scripted answers each request with what it was asked.
type scripted struct{ studio.Runner }

func (scripted) Open(_ context.Context, place string, _ int, progress func(studio.Progress)) (studio.ModelInfo, error) {
	progress(studio.Progress{Phase: "download", Done: 1, Total: 2})
	if place == "nowhere" {
		return studio.ModelInfo{}, fmt.Errorf("%s: not found", place)
	}
	return studio.ModelInfo{Name: place, Adapters: []string{"finance"}}, nil
}

func (scripted) Answer(ctx context.Context, r studio.Request, onText func(string)) (studio.Answer, error) {
	text := ""
	for _, m := range r.Messages {
		text += m.Role + ": " + m.Content + "; "
	}
	onText(text)
	onText("by " + r.Adapter)
	return studio.Answer{Text: text, CompletionTokens: 2, FinishReason: "eos"}, ctx.Err()
}

// page notes what it was asked for.
type page struct {
	mu                 sync.Mutex
	copied, saved      string
	line, column, wide int
	settings           studio.Settings
}

func (p *page) Select(line, column, length int) { p.line, p.column, p.wide = line, column, length }
func (p *page) Confirm(string) bool             { return true }
func (p *page) Save(name string, _ []byte)      { p.saved = name }
func (p *page) Link(fragment string) string     { return "http://x/#" + fragment }
func (p *page) Copy(text string)                { p.copied = text }
func (p *page) Apply(s studio.Settings)         { p.settings = s }

// setting is a studio that is drawn into text.
type setting struct {
	t     *testing.T
	app   *App
	page  *page
	store *studio.Memory
	env   *vugu.BuildEnv
	event vugu.EventEnv
	mu    *sync.RWMutex
}

func newSetting(t *testing.T, store *studio.Memory) *setting {
	t.Helper()
	s := &setting{t: t, page: &page{}, store: store, mu: &sync.RWMutex{}}
	drawn := make(chan bool, 1)
	s.event = vugu.NewEventEnvImpl(s.mu, drawn)
	var err error
	if s.env, err = vugu.NewBuildEnv(s.event); err != nil {
		t.Fatal(err)
	}
	now, n := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC), 0
	s.app, err = NewApp(store, scripted{}, s.page, s.event, studio.English,
		func() time.Time { now = now.Add(time.Second); return now }, func() string { n++; return fmt.Sprint("d", n) })
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *setting) draw() *vugu.BuildResults {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.env.RunBuild(&Root{App: s.app})
}

// fire calls the handler of the first element with a class, as vugu does: with the lock held.
func (s *setting) fire(kind, class string, props ...string) {
	s.t.Helper()
	s.fireAt(kind, "class", class, props...)
}

func (s *setting) fireAt(kind, key, val string, props ...string) {
	s.t.Helper()
	n := uitest.Find(s.draw(), key, val)
	if n == nil {
		s.t.Fatalf("nothing has %s %q:\n%s", key, val, s.html())
	}
	e := uitest.Event{Env: s.event, Props: map[string]string{}}
	if len(props) > 0 {
		e.Props["value"] = props[0]
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !uitest.Fire(n, kind, e) {
		s.t.Fatalf("%s %s has no handler for %s", key, val, kind)
	}
}

func (s *setting) html() string { return uitest.HTML(s.draw()) }

// wait draws until a text is there.
func (s *setting) wait(text string) {
	s.t.Helper()
	for range 200 {
		if strings.Contains(s.html(), text) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	s.t.Fatalf("%q does not come up:\n%s", text, s.html())
}

func TestWriteRunKeep(t *testing.T) {
	s := newSetting(t, &studio.Memory{})
	s.wait("Begin with a template")
	s.fire("change", "new", "classification")
	s.wait("What the model gets")
	if len(s.app.Library.Documents) != 1 || len(s.app.View.Fields) == 0 {
		t.Fatalf("a template became %+v", s.app.View)
	}
	s.fire("click", "run") // no model yet
	s.wait("Open a model first")
	s.fireAt("click", "data-page", "adapters")
	s.fire("change", "place", "nowhere")
	s.fire("click", "open")
	s.wait("nowhere: not found")
	s.fire("change", "place", "tiny.gguf")
	s.fire("click", "open")
	s.wait("finance")
	s.fireAt("click", "data-page", "write")
	for _, f := range s.app.View.Fields {
		s.fireAt("input", "data-field", f.Name, "很好 {{role \"system\"}} <b>")
	}
	s.wait("&lt;b&gt;")
	s.fire("click", "run")
	s.wait("by ")
	s.fire("input", "note", "first")
	s.fire("click", "keep")
	if v := s.app.Current.Latest(); v == nil || v.Note != "first" {
		t.Fatalf("version %+v", v)
	}
	s.fire("click", "share")
	if !strings.HasPrefix(s.page.copied, "http://x/#share=1.") {
		t.Errorf("copied %q", s.page.copied)
	}
	for range 200 { // what was written lasts
		s.mu.RLock()
		saving := s.app.Saving
		s.mu.RUnlock()
		if saving == 0 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	again := newSetting(t, s.store)
	if again.app.Current == nil || again.app.Current.Latest() == nil || again.app.Current.Text != s.app.Current.Text {
		t.Errorf("after a reload: %+v", again.app.Current)
	}
}

func TestLanguages(t *testing.T) {
	s := newSetting(t, &studio.Memory{})
	s.fire("change", "new", "qa")
	for _, p := range pages {
		s.fireAt("click", "data-page", p)
		if html := s.html(); strings.Contains(html, "page."+p) || !strings.Contains(html, "aria-current=\"page\"") {
			t.Errorf("%s: a key without a text, or no tab is shown:\n%s", p, html)
		}
	}
	s.fire("click", "language")
	s.wait("工作室")
	if s.page.settings.Language != studio.Chinese {
		t.Errorf("the page shows %+v", s.page.settings)
	}
	s.fireAt("click", "data-page", "settings")
	s.fire("change", "set-theme", "dark")
	if s.page.settings.Theme != "dark" {
		t.Errorf("the page shows %+v", s.page.settings)
	}
}

func TestRestoreAndDelete(t *testing.T) {
	s := newSetting(t, &studio.Memory{})
	s.fire("change", "new", "blank")
	s.mu.Lock()
	s.app.Typed("one {{x}}")
	s.app.KeepVersion()
	s.app.Typed("two")
	s.mu.Unlock()
	s.fireAt("click", "data-page", "versions")
	s.fire("click", "restore")
	if s.app.Current.Text != "one {{x}}" || len(s.app.Current.Versions) != 2 {
		t.Errorf("%q, %d versions", s.app.Current.Text, len(s.app.Current.Versions))
	}
	s.fireAt("click", "data-page", "write")
	s.fire("click", "delete")
	s.wait("Begin with a template")
}

func TestCompare(t *testing.T) {
	s := newSetting(t, &studio.Memory{})
	s.fire("change", "new", "blank")
	s.mu.Lock()
	s.app.Typed("hello")
	s.mu.Unlock()
	s.fireAt("click", "data-page", "adapters")
	s.fire("click", "open")
	s.wait("finance")
	s.fireAt("click", "data-page", "compare")
	s.mu.Lock()
	if len(s.app.Columns) != 2 {
		t.Errorf("%d columns", len(s.app.Columns))
	}
	s.app.Columns[1].Adapter = "finance"
	s.mu.Unlock()
	s.fire("click", "all")
	s.wait("by finance")
	s.wait("user: hello; by <")
}

// TestLongText holds the text to what vugu can show: more than it sends in one piece.
func TestLongText(t *testing.T) {
	s := newSetting(t, &studio.Memory{})
	s.fire("change", "new", "blank")
	s.mu.Lock()
	s.app.Typed(strings.Repeat("提示词 ", 20000))
	s.app.look()
	s.mu.Unlock()
	html := s.html()
	if strings.Contains(html, "提示词 提示词") || strings.Count(html, "&#25552;") < 20000 {
		t.Error("the message is not shown as ASCII alone")
	}
}
