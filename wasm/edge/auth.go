package edge

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"strings"
)

// Keys are the API keys of a Worker. Without any, nobody is let in: a Worker is on the open internet from its first second.
type Keys struct {
	List []string // of a secret
	// Lookup asks a store whether it has a key, by the hexadecimal SHA-256 of it; nil: there is no store.
	Lookup func(ctx context.Context, sha256 string) (bool, error)
}

// random fills b from the system. In a Worker that works only inside a request.
func random(b []byte) error {
	_, err := rand.Read(b)
	return err
}

// ParseKeys splits a secret into keys, which commas, spaces or line ends divide.
func ParseKeys(secret string) []string {
	return strings.FieldsFunc(secret, func(r rune) bool { return strings.ContainsRune(", \t\r\n", r) })
}

// authorize checks the key of a request, in Authorization: Bearer or x-api-key.
func (h *handler) authorize(r *http.Request) error {
	refuse := func(code, message string) error {
		return &Error{Status: http.StatusUnauthorized, Type: authentication, Code: code, Message: message}
	}
	key := r.Header.Get("x-api-key")
	if scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok && strings.EqualFold(scheme, "Bearer") {
		key = strings.TrimSpace(token)
	}
	if key == "" {
		return refuse("missing_api_key", "no API key: send it as Authorization: Bearer KEY")
	}
	sum := sha256.Sum256([]byte(key))
	known := 0
	for _, k := range h.Keys.List { // all of them, and as digests, so that the time tells nothing
		s := sha256.Sum256([]byte(k))
		known |= subtle.ConstantTimeCompare(sum[:], s[:])
	}
	if known == 1 {
		return nil
	}
	if h.Keys.Lookup != nil {
		switch ok, err := h.Keys.Lookup(r.Context(), hex.EncodeToString(sum[:])); {
		case err != nil:
			return err
		case ok:
			return nil
		}
	}
	if len(h.Keys.List) == 0 && h.Keys.Lookup == nil {
		return refuse("no_api_keys", "this Worker has no API keys, so it answers nobody: wrangler secret put GRAFT_API_KEYS")
	}
	return refuse("invalid_api_key", "the API key is not one of this Worker's")
}
