package cli

import (
	"fmt"
	"io/fs"
	"sync"

	"graft/native/hub"
	"graft/native/term"
)

// downloads bring what the command line names to this machine. The same name is asked for once in a run.
type downloads struct {
	hub  *hub.Hub
	mu   sync.Mutex
	done map[string]string
	bar  *term.Bar // of the download that goes on
}

// openHub makes the client by the environment, when it is first needed.
func (a *app) openHub() (*downloads, error) {
	if a.models != nil {
		return a.models, nil
	}
	options, err := hub.FromEnv(a.Getenv)
	if err != nil {
		return nil, err
	}
	d := &downloads{done: map[string]string{}}
	options.Note = func(s string) { a.note(text{"%s", "%s"}, term.Clean(s)) }
	options.Progress = func(p hub.Progress) { d.show(a.err, p) }
	d.hub = hub.New(options)
	a.models = d
	return d, nil
}

// show draws a bar for what is downloaded. What is in the cache has none.
func (d *downloads) show(s *term.Screen, p hub.Progress) {
	switch {
	case d.bar == nil && (p.Done || p.Bytes <= p.Present):
		return
	case d.bar == nil:
		d.bar = s.Bar(p.Name, "B", p.AllBytes)
		d.bar.From(p.Present)
	}
	d.bar.Set(p.Bytes, 0, term.Field{Name: "files", Value: fmt.Sprintf("%d/%d", p.Files, p.AllFiles)})
	if p.Done {
		d.end()
	}
}

// end leaves the bar, if there is one, as it is.
func (d *downloads) end() {
	if d.bar != nil {
		d.bar.End()
		d.bar = nil
	}
}

// resolve is the one place where the name of a model, an adapter or a tokenizer becomes a path: of this machine, of the
// hub, of a URL or of a registry. Patterns, if there are any, leave out the other files of what is downloaded.
func (a *app) resolve(name string, patterns ...string) (string, error) {
	d, err := a.openHub()
	if err != nil {
		return "", err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	key := fmt.Sprint(name, patterns)
	if path, ok := d.done[key]; ok {
		return path, nil
	}
	defer d.end()
	p, err := d.hub.Pull(a.ctx, name, hub.Select{Include: patterns})
	if err != nil {
		return "", err
	}
	d.done[key] = p.Path
	return p.Path, nil
}

// modelFS is the directory that holds a model, or one that holds nothing but its GGUF file.
func (a *app) modelFS(name string) (fs.FS, error) {
	path, err := a.resolve(name)
	if err != nil {
		return nil, err
	}
	return localFS(path)
}
