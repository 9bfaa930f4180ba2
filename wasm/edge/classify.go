package edge

import "net/http"

// classifyRequest is a request as vLLM has it, and the adapter by name.
type classifyRequest struct {
	Model   string `json:"model"`
	Adapter string `json:"adapter"`
	Input   texts  `json:"input"`
}

// classification is the class of one text.
type classification struct {
	Index         int                `json:"index"`
	Text          string             `json:"text"`
	Label         string             `json:"label"`
	LabelID       int                `json:"label_id"`
	Confidence    float64            `json:"confidence"`
	Probabilities map[string]float64 `json:"probabilities"`
}

// classify answers POST /v1/classify.
func (h *handler) classify(w http.ResponseWriter, r *http.Request) error {
	var req classifyRequest
	if err := h.read(w, r, &req); err != nil {
		return err
	}
	who, err := h.Catalog.find(req.Model, req.Adapter)
	if err == nil {
		err = h.inputs(req.Input)
	}
	if err != nil {
		return err
	}
	got, err := h.Engine.Classify(r.Context(), who.adapter, req.Input)
	if err != nil {
		return err
	}
	data := make([]classification, len(got.Predictions))
	for i, p := range got.Predictions {
		data[i] = classification{i, p.Text, p.Label, p.LabelID, p.Confidence, p.Probabilities}
	}
	id, err := h.id("classify")
	if err != nil {
		return err
	}
	return write(w, struct {
		ID      string           `json:"id"`
		Object  string           `json:"object"`
		Created int64            `json:"created"`
		Model   string           `json:"model"`
		Data    []classification `json:"data"`
	}{id, "list", h.Now().Unix(), who.model, data})
}
