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
