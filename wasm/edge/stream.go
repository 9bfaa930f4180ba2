package edge

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// eventStream is the content type of server-sent events.
const eventStream = "text/event-stream"

// stream sends an answer as it comes. Its head goes out with the first chunk, so what is wrong before one has a status.
// When who asked has gone, writing fails, and the answer ends there.
func (h *handler) stream(w http.ResponseWriter, r *http.Request, a Answer, c completion, withUsage bool) error {
	events := events{w: w, c: c}
	events.c.Object = "chat.completion.chunk"
	tokens := 0
	for events.err == nil {
		chunks, err := a.Next(r.Context())
		if err != nil {
			return err
		}
		events.begin()
		text, end := "", (*finishReason)(nil)
		for _, ch := range chunks {
			tokens++
			text += ch.Text
			end = finished(ch.FinishReason)
		}
		if text != "" {
			events.send([]choice{{Delta: &said{Content: &text}}}, nil)
		}
		if end == nil {
			continue
		}
		events.send([]choice{{Delta: &said{}, FinishReason: end}}, nil)
		if withUsage {
			events.send([]choice{}, used(a.PromptTokens(), tokens))
		}
		events.end()
		break
	}
	return nil
}

// events writes the chunks of one answer. It keeps the first error.
type events struct {
	w     http.ResponseWriter
	c     completion
	begun bool
	err   error
}

// begin sends the head, and who speaks.
func (e *events) begin() {
	if e.begun {
		return
	}
	e.begun = true
	e.w.Header().Set("Content-Type", eventStream)
	e.w.Header().Set("Cache-Control", "no-store")
	empty := ""
	e.send([]choice{{Delta: &said{Role: "assistant", Content: &empty}}}, nil)
}

func (e *events) send(choices []choice, u *usage) {
	e.c.Choices, e.c.Usage = choices, u
	body, err := json.Marshal(e.c)
	if err != nil {
		e.err = err
		return
	}
	e.write(string(body))
}

func (e *events) end() { e.write("[DONE]") }

func (e *events) write(data string) {
	if e.err != nil {
		return
	}
	_, e.err = fmt.Fprintf(e.w, "data: %s\n\n", data)
	if f, ok := e.w.(http.Flusher); ok {
		f.Flush()
	}
}
