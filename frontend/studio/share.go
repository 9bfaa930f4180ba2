package studio

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// shareKey begins a URL fragment that carries a prompt. What stands behind "#" never leaves the browser.
const shareKey = "share=1."

// maxShared is the most bytes that a link may unpack to.
const maxShared = 1 << 20

// shared is what a link carries.
type shared struct {
	Name   string            `json:"name"`
	Text   string            `json:"text"`
	Values map[string]string `json:"values,omitempty"`
}

// ShareFragment packs a prompt into a URL fragment (without "#"): JSON, deflated, in base64url.
func ShareFragment(d *Document) (string, error) {
	data, err := json.Marshal(shared{d.Name, d.Text, d.Values})
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		return "", err
	}
	_, err = w.Write(data)
	if err := errors.Join(err, w.Close()); err != nil {
		return "", err
	}
	return shareKey + base64.RawURLEncoding.EncodeToString(b.Bytes()), nil
}

// ReadShare unpacks a fragment; ok is false for one that carries no prompt.
func ReadShare(fragment string) (name, text string, values map[string]string, ok bool, err error) {
	packed, ok := strings.CutPrefix(strings.TrimPrefix(fragment, "#"), shareKey)
	if !ok {
		return "", "", nil, false, nil
	}
	data, err := base64.RawURLEncoding.DecodeString(packed)
	if err != nil {
		return "", "", nil, true, fmt.Errorf("shared link: %w", err)
	}
	r := flate.NewReader(bytes.NewReader(data))
	defer r.Close()
	if data, err = io.ReadAll(io.LimitReader(r, maxShared+1)); err != nil {
		return "", "", nil, true, fmt.Errorf("shared link: %w", err)
	}
	if len(data) > maxShared {
		return "", "", nil, true, fmt.Errorf("shared link: unpacks to more than %d bytes", maxShared)
	}
	var s shared
	if err := json.Unmarshal(data, &s); err != nil {
		return "", "", nil, true, fmt.Errorf("shared link: %w", err)
	}
	return s.Name, s.Text, s.Values, true, nil
}
