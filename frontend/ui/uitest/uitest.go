// Package uitest draws vugu components without a browser: as HTML to be read, with handlers to be called.
package uitest

import (
	"fmt"
	"html"
	"strings"

	"github.com/vugu/vugu"
)

// HTML is what a component draws.
func HTML(res *vugu.BuildResults) string {
	var b strings.Builder
	for _, n := range res.Out.Out {
		write(&b, res, n)
	}
	return b.String()
}

func write(b *strings.Builder, res *vugu.BuildResults, n *vugu.VGNode) {
	switch {
	case n.Component != nil:
		for _, o := range res.ResultFor(n.Component).Out {
			write(b, res, o)
		}
		return
	case n.Type == vugu.TextNode:
		b.WriteString(html.EscapeString(n.Data))
		return
	case n.Type != vugu.ElementNode:
		return
	}
	if !n.IsTemplate() {
		fmt.Fprintf(b, "<%s", n.Data)
		for _, a := range n.Attr {
			fmt.Fprintf(b, " %s=%q", a.Key, a.Val)
		}
		for _, p := range n.Prop {
			fmt.Fprintf(b, " .%s=%s", p.Key, p.JSONVal)
		}
		b.WriteString(">")
	}
	if n.InnerHTML != nil {
		b.WriteString(*n.InnerHTML)
	} else {
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			write(b, res, c)
		}
	}
	if !n.IsTemplate() {
		fmt.Fprintf(b, "</%s>", n.Data)
	}
}

// Find is the first element with an attribute, nil if there is none; a class is found among several.
func Find(res *vugu.BuildResults, key, val string) *vugu.VGNode { return find(res, res.Out, key, val) }

func find(res *vugu.BuildResults, out *vugu.BuildOut, key, val string) (found *vugu.VGNode) {
	for _, o := range out.Out {
		_ = o.Walk(func(n *vugu.VGNode) error {
			if found != nil {
				return nil
			}
			if n.Component != nil {
				found = find(res, res.ResultFor(n.Component), key, val)
				return nil
			}
			for _, a := range n.Attr {
				if a.Key == key && (a.Val == val || key == "class" && strings.Contains(" "+a.Val+" ", " "+val+" ")) {
					found = n
				}
			}
			return nil
		})
	}
	return found
}

// Event is a DOM event whose target has properties by name.
type Event struct {
	vugu.DOMEvent
	Env   vugu.EventEnv
	Props map[string]string
}

// EventEnv is the lock and the request to draw.
func (e Event) EventEnv() vugu.EventEnv { return e.Env }

// PropString is target's property.
func (e Event) PropString(keys ...string) string { return e.Props[keys[len(keys)-1]] }

// Fire calls an element's handlers; it reports whether there were any.
func Fire(n *vugu.VGNode, kind string, e vugu.DOMEvent) bool {
	fired := false
	for _, h := range n.DOMEventHandlerSpecList {
		if h.EventType == kind {
			h.Func(e)
			fired = true
		}
	}
	return fired
}
