package door

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"graft/shared/api"
)

// parse reads a request: one JSON object of the protocol with exactly one message and no unknown keys.
func parse(data []byte) (*api.Request, error) {
	if len(data) > api.MaxRequest {
		return nil, fmt.Errorf("request of %d bytes, expected at most %d", len(data), api.MaxRequest)
	}
	var r api.Request
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&r); err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return nil, fmt.Errorf("request: %w", err)
	}
	if dec.More() {
		return nil, fmt.Errorf("request: more than one JSON value")
	}
	if r.Protocol != api.Protocol {
		return nil, api.Errorf(api.Unsupported, "request of protocol %d, and the engine speaks %d", r.Protocol, api.Protocol)
	}
	if names := messages(&r); len(names) != 1 {
		return nil, fmt.Errorf("request: %d messages (%s), expected one", len(names), strings.Join(names, ", "))
	}
	return &r, nil
}

// messages names the messages of a request.
func messages(r *api.Request) (names []string) {
	for _, m := range []struct {
		name string
		set  bool
	}{
		{"version", r.Version != nil}, {"inspect", r.Inspect != nil}, {"open", r.Open != nil}, {"plan", r.Plan != nil}, {"load", r.Load != nil},
		{"load_adapter", r.LoadAdapter != nil}, {"unload_adapter", r.UnloadAdapter != nil}, {"adapters", r.Adapters != nil},
		{"classify", r.Classify != nil}, {"embed", r.Embed != nil}, {"count", r.Count != nil}, {"render", r.Render != nil},
		{"decide", r.Decide != nil}, {"start", r.Start != nil}, {"step", r.Step != nil}, {"cancel", r.Cancel != nil}, {"logits", r.Logits != nil},
		{"state", r.State != nil}, {"close", r.Close != nil},
	} {
		if m.set {
			names = append(names, m.name)
		}
	}
	return names
}

// encode writes an answer as encoding/json does, but looks at the type of its message alone: in a new module every type costs
// milliseconds when it is first looked at.
func encode(a *api.Answer) ([]byte, error) {
	for _, m := range []struct {
		name string
		v    any
		set  bool
	}{
		{"error", a.Error, a.Error != nil}, {"version", a.Version, a.Version != nil}, {"inspect", a.Inspect, a.Inspect != nil},
		{"open", a.Open, a.Open != nil}, {"plan", a.Plan, a.Plan != nil}, {"load", a.Load, a.Load != nil},
		{"load_adapter", a.LoadAdapter, a.LoadAdapter != nil}, {"unload_adapter", a.UnloadAdapter, a.UnloadAdapter != nil},
		{"adapters", a.Adapters, a.Adapters != nil}, {"classify", a.Classify, a.Classify != nil}, {"embed", a.Embed, a.Embed != nil},
		{"count", a.Count, a.Count != nil}, {"render", a.Render, a.Render != nil}, {"decide", a.Decide, a.Decide != nil},
		{"start", a.Start, a.Start != nil}, {"step", a.Step, a.Step != nil}, {"cancel", a.Cancel, a.Cancel != nil},
		{"logits", a.Logits, a.Logits != nil}, {"state", a.State, a.State != nil}, {"close", a.Close, a.Close != nil},
	} {
		if !m.set {
			continue
		}
		v, err := json.Marshal(m.v)
		if err != nil {
			return nil, err
		}
		return fmt.Appendf(nil, `{"protocol":%d,"%s":%s}`, api.Protocol, m.name, v), nil
	}
	panic("BUG: door: an answer without a message")
}
