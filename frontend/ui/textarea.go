package ui

import "github.com/vugu/vugu/js"

// The prompt's text area speaks to the App past vugu: its events carry the whole text as JSON through vugu, which a long prompt
// makes slow, and a property of more than 16 KiB ends the program.

// Populate puts the prompt into the text area, unless it is there. vugu calls it at each drawing.
func (a *App) Populate(v js.Value) {
	a.area = v
	if !v.Get("filled").Truthy() { // a page was left and came back: the element is new, and empty
		v.Set("filled", true)
		a.shownIn = nil
	}
	if a.Current == nil {
		return
	}
	if a.shownIn != a.Current || a.shownText != a.Current.Text {
		if v.Get("value").String() != a.Current.Text {
			v.Set("value", a.Current.Text)
		}
		a.shownIn, a.shownText = a.Current, a.Current.Text
	}
}

// Listen has keys in the text area read in a moment. vugu calls it once, when it makes the element.
func (a *App) Listen(v js.Value) {
	v.Call("addEventListener", "input", js.FuncOf(func(js.Value, []js.Value) any {
		a.after("type", lookAfter, func() { a.update(a.flush) })
		return nil
	}))
	v.Call("addEventListener", "keydown", js.FuncOf(func(_ js.Value, args []js.Value) any {
		if e := args[0]; e.Get("key").String() == "Enter" && (e.Get("ctrlKey").Bool() || e.Get("metaKey").Bool()) {
			e.Call("preventDefault")
			go a.update(func() { a.RunColumn(0) })
		}
		return nil
	}))
}

// flush reads what was typed and not read yet.
func (a *App) flush() {
	if a.Current == nil || a.shownIn != a.Current || !a.area.Truthy() {
		return
	}
	text := a.area.Get("value").String()
	a.shownText = text
	a.Typed(text)
}
