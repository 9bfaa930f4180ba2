package edge

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// Catalog is what a Worker was built with.
type Catalog struct {
	Base     string          `json:"base"`
	Adapters []Adapter       `json:"adapters"`
	Default  string          `json:"default_adapter,omitempty"` // of requests that name neither model nor adapter
	Built    int64           `json:"built"`                     // Unix seconds
	Tasks    []string        `json:"tasks"`                     // classify, generate, embed: what the base does by itself
	Weights  string          `json:"weights"`                   // where they come from: assets, bundle, r2, kv
	Limit    int             `json:"memory_limit"`              // bytes
	Plan     json.RawMessage `json:"memory_plan"`               // by part, in bytes
}

// Adapter is one adapter of a Worker.
type Adapter struct {
	Name     string   `json:"name"`
	PEFTType string   `json:"peft_type"`
	TaskType string   `json:"task_type"`
	Labels   []string `json:"labels,omitempty"`
}

// lookup gives the adapter a name stands for: "" for the base, else by its own name or after the base's.
func (c *Catalog) lookup(model string) (adapter string, ok bool) {
	if model == c.Base {
		return "", true
	}
	for _, a := range c.Adapters {
		if model == a.Name || model == c.name(a.Name) {
			return a.Name, true
		}
	}
	return "", false
}

// target is who answers a request: the base, with an adapter unless "".
type target struct {
	model   string // as answers name it
	adapter string
}

// find says who is meant. model is "", the base, an adapter, or base:adapter; adapter may name one apart. Without either
// the default adapter answers.
func (c *Catalog) find(model, adapter string) (target, error) {
	missing := func(param, name string) error {
		return &Error{Status: http.StatusNotFound, Type: invalidRequest, Param: param, Code: param + "_not_found",
			Message: fmt.Sprintf("there is no %s %q; this Worker has %s", param, name, c.names())}
	}
	chosen, ok := c.Default, true
	if model != "" {
		if chosen, ok = c.lookup(model); !ok {
			return target{}, missing("model", model)
		}
	}
	if adapter == "" {
		return target{c.name(chosen), chosen}, nil
	}
	named, ok := c.lookup(adapter)
	if !ok || named == "" {
		return target{}, missing("adapter", adapter)
	}
	if model != "" && chosen != "" && chosen != named {
		return target{}, invalid("adapter", "model names the adapter %q, and adapter names %q", chosen, named)
	}
	return target{c.name(named), named}, nil
}

// name is how answers call an adapter, or the base.
func (c *Catalog) name(adapter string) string {
	if adapter == "" {
		return c.Base
	}
	return c.Base + ":" + adapter
}

// names lists all that can be asked for.
func (c *Catalog) names() string {
	list := []string{c.Base}
	for _, a := range c.Adapters {
		list = append(list, c.name(a.Name))
	}
	return strings.Join(list, ", ")
}

// models answers GET /v1/models.
func (h *handler) models(w http.ResponseWriter, _ *http.Request) error {
	type model struct {
		ID       string   `json:"id"`
		Object   string   `json:"object"`
		Created  int64    `json:"created"`
		OwnedBy  string   `json:"owned_by"`
		Parent   string   `json:"parent,omitempty"`
		PEFTType string   `json:"peft_type,omitempty"`
		TaskType string   `json:"task_type,omitempty"`
		Labels   []string `json:"labels,omitempty"`
		Tasks    []string `json:"tasks,omitempty"`
	}
	c := &h.Catalog
	list := []model{{ID: c.Base, Object: "model", Created: c.Built, OwnedBy: "graft", Tasks: c.Tasks}}
	for _, a := range c.Adapters {
		list = append(list, model{ID: c.name(a.Name), Object: "model", Created: c.Built, OwnedBy: "graft", Parent: c.Base,
			PEFTType: a.PEFTType, TaskType: a.TaskType, Labels: a.Labels})
	}
	return write(w, struct {
		Object string  `json:"object"`
		Data   []model `json:"data"`
	}{"list", list})
}
