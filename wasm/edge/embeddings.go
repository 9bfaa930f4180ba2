package edge

import (
	"encoding/base64"
	"encoding/binary"
	"math"
	"net/http"
)

// embeddingsRequest is OpenAI's, and the adapter by name.
type embeddingsRequest struct {
	Model          string `json:"model"`
	Adapter        string `json:"adapter"`
	Input          texts  `json:"input"`
	EncodingFormat string `json:"encoding_format"` // float or base64
	Dimensions     *int   `json:"dimensions"`
}

type embedding struct {
	Object    string `json:"object"`
	Index     int    `json:"index"`
	Embedding any    `json:"embedding"` // []float32, or base64 of them in little-endian order
}

type usage struct {
	PromptTokens     int `json:"prompt_tokens"`
	CompletionTokens int `json:"completion_tokens,omitempty"`
	TotalTokens      int `json:"total_tokens"`
}

// embeddings answers POST /v1/embeddings.
func (h *handler) embeddings(w http.ResponseWriter, r *http.Request) error {
	var req embeddingsRequest
	if err := h.read(w, r, &req); err != nil {
		return err
	}
	if f := req.EncodingFormat; f != "" && f != "float" && f != "base64" {
		return invalid("encoding_format", "encoding_format is %q, expected float or base64", f)
	}
	if req.Model == "" && req.Adapter == "" {
		req.Model = h.Catalog.Base // vectors are the base's unless an adapter is asked for
	}
	who, err := h.Catalog.find(req.Model, req.Adapter)
	if err == nil {
		err = h.inputs(req.Input)
	}
	if err != nil {
		return err
	}
	got, err := h.Engine.Embed(r.Context(), who.adapter, req.Input)
	if err != nil {
		return err
	}
	data := make([]embedding, len(got.Vectors))
	for i, v := range got.Vectors {
		if d := req.Dimensions; d != nil && *d != len(v) {
			return invalid("dimensions", "dimensions is %d, and this model's vectors have %d", *d, len(v))
		}
		data[i] = embedding{"embedding", i, v}
		if req.EncodingFormat == "base64" {
			data[i].Embedding = base64.StdEncoding.EncodeToString(floatBytes(v))
		}
	}
	return write(w, struct {
		Object string      `json:"object"`
		Model  string      `json:"model"`
		Data   []embedding `json:"data"`
		Usage  usage       `json:"usage"`
	}{"list", who.model, data, usage{PromptTokens: got.Tokens, TotalTokens: got.Tokens}})
}

func floatBytes(v []float32) []byte {
	b := make([]byte, 0, 4*len(v))
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	return b
}
