package adapter

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// SidecarName is the file beside PEFT's two that holds a Sidecar.
const SidecarName = "graft.json"

// Sidecar is what PEFT's files leave out and every user of an adapter needs.
type Sidecar struct {
	Format        int      `json:"format"` // 1
	GraftVersion  string   `json:"graft_version,omitempty"`
	Labels        []string `json:"labels,omitempty"`       // names of the classes in order of their ids
	PadTokenID    *int32   `json:"pad_token_id,omitempty"` // of the run that trained it
	Pooling       string   `json:"pooling,omitempty"`      // which rows the head judges a text by: model.Head
	MaxLength     int      `json:"max_length,omitempty"`   // tokens; longer texts were cut on the right
	Base          Base     `json:"base"`
	LoadIn4Bit    bool     `json:"load_in_4bit,omitempty"` // the base was quantised to NF4 while training
	Temperature   float64  `json:"temperature,omitempty"`  // of the logits, fitted on validation data; 0: none
	Threshold     float64  `json:"threshold,omitempty"`    // below this confidence a person should look; 0: none
	TokenizerHash string   `json:"tokenizer_sha256,omitempty"`
	Seed          uint64   `json:"seed,omitempty"`
	Metrics       any      `json:"metrics,omitempty"` // on validation data, of the saved weights
}

// Base names the model an adapter was trained on.
type Base struct {
	Name        string `json:"name,omitempty"`
	ModelType   string `json:"model_type,omitempty"`
	Fingerprint string `json:"fingerprint,omitempty"`
}

// ParseSidecar reads graft.json.
func ParseSidecar(data []byte) (Sidecar, error) {
	var s Sidecar
	if err := json.Unmarshal(data, &s); err != nil {
		return Sidecar{}, fmt.Errorf("%s: %w", SidecarName, err)
	}
	if s.Format != 1 {
		return Sidecar{}, fmt.Errorf("%s: format %d is not known, expected 1", SidecarName, s.Format)
	}
	if s.Temperature < 0 || s.Threshold < 0 || s.Threshold > 1 || s.MaxLength < 0 {
		return Sidecar{}, fmt.Errorf("%s: temperature %g, threshold %g, max_length %d: out of range", SidecarName, s.Temperature, s.Threshold, s.MaxLength)
	}
	return s, nil
}

// Marshal writes graft.json.
func (s Sidecar) Marshal() ([]byte, error) {
	s.Format = 1
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(s)
	return b.Bytes(), err
}
