package ui

import (
	"time"

	"graft/frontend/studio"
)

// OpenModel opens the model of a place.
func (a *App) OpenModel(place string) {
	if a.Opening != nil {
		return
	}
	a.Opening = &studio.Progress{}
	threads := a.Settings.Threads
	a.async(func() error {
		info, err := a.Runner.Open(a.context(), place, threads, func(p studio.Progress) {
			a.update(func() { a.Opening = &p })
		})
		a.update(func() {
			a.Opening = nil
			if err == nil {
				a.Model = info
			}
		})
		return err
	})
}

// AddAdapter loads the adapter that the form names.
func (a *App) AddAdapter() {
	name, place := a.Name, a.Folder
	a.async(func() error {
		info, err := a.Runner.AddAdapter(a.context(), name, place)
		if err == nil {
			a.update(func() { a.Model, a.Name, a.Folder = info, "", "" })
		}
		return err
	})
}

// RemoveAdapter takes an adapter out.
func (a *App) RemoveAdapter(name string) {
	a.async(func() error {
		info, err := a.Runner.RemoveAdapter(a.context(), name)
		if err == nil {
			a.update(func() { a.Model = info })
		}
		return err
	})
}

// AddColumn puts one more column beside the others.
func (a *App) AddColumn() { a.Columns = append(a.Columns, &studio.Column{}) }

// RemoveColumn stops and removes column i.
func (a *App) RemoveColumn(i int) {
	a.Columns[i].Stop()
	a.Columns = append(a.Columns[:i:i], a.Columns[i+1:]...)
}

// RunColumn writes an answer into column i.
func (a *App) RunColumn(i int) {
	a.flush()
	c := a.Columns[i]
	if a.Model.Name == "" {
		a.Error = a.T("run.model")
		return
	}
	request, ok := a.request(c)
	if !ok {
		return
	}
	a.async(func() error {
		c.Run(a.context(), a.Runner, request, a.draw) // what goes wrong stands in the column
		return nil
	})
}

// request is what a column asks: its prompt with the values of the editor's form.
func (a *App) request(c *studio.Column) (studio.Request, bool) {
	view, d := a.View, a.Current
	if c.Document != "" && (d == nil || c.Document != d.ID) {
		other := a.Library.Find(c.Document)
		if other == nil {
			return studio.Request{}, false
		}
		values := map[string]string{}
		for k, v := range other.Values {
			values[k] = v
		}
		if d != nil {
			for k, v := range d.Values {
				values[k] = v
			}
		}
		view = studio.Look(other.Name, other.Text, values, nil)
	} else if d != nil {
		a.look() // the text may be newer than the view
		view = a.View
	}
	if view == nil {
		return studio.Request{}, false
	}
	if view.Problem != nil {
		a.Error = view.Problem.Message
		return studio.Request{}, false
	}
	r := studio.Request{Messages: view.Conversation(), MaxTokens: a.Settings.MaxTokens, Temperature: a.Settings.Temperature}
	if view.Output != nil {
		schema, err := view.Output.MarshalJSON()
		if err != nil {
			a.fail(err)
			return studio.Request{}, false
		}
		r.Schema = schema
	}
	return r, true
}

// RunAll runs every column, one after the other: they share one model.
func (a *App) RunAll() {
	a.flush()
	if a.Model.Name == "" {
		a.Error = a.T("run.model")
		return
	}
	type job struct {
		c *studio.Column
		r studio.Request
	}
	var jobs []job
	for _, c := range a.Columns {
		if r, ok := a.request(c); ok {
			jobs = append(jobs, job{c, r})
		}
	}
	a.async(func() error {
		for _, j := range jobs {
			if j.c.Run(a.context(), a.Runner, j.r, a.draw) != nil {
				return nil // what went wrong stands in the column
			}
		}
		return nil
	})
}

// draw has the page drawn in a moment, once for all pieces that come until then.
func (a *App) draw() {
	a.Env.Lock()
	defer a.Env.UnlockOnly()
	if a.drawing {
		return
	}
	a.drawing = true
	time.AfterFunc(drawAfter, func() { a.update(func() { a.drawing = false }) })
}
