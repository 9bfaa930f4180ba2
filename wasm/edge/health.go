package edge

import (
	"encoding/json"
	"net/http"
)

// health answers GET /healthz, without a key and without starting the engine: what the Worker was built with, what memory
// was planned and allowed, and what the engine takes of it now.
func (h *handler) health(w http.ResponseWriter, r *http.Request) error {
	s, err := h.Engine.Status(r.Context())
	if err != nil {
		return err
	}
	status := "ok" // idle, too: an engine that has not started yet will
	if s.Error != "" {
		status = "failing"
	}
	return write(w, struct {
		Status  string          `json:"status"`
		Version string          `json:"version"`
		Model   string          `json:"model"`
		Weights string          `json:"weights"`
		Limit   int             `json:"memory_limit"`
		Plan    json.RawMessage `json:"memory_plan,omitempty"`
		Engine  Status          `json:"engine"`
	}{status, h.Version, h.Catalog.Base, h.Catalog.Weights, h.Catalog.Limit, h.Catalog.Plan, s})
}
