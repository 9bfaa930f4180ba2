package edge

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// read takes the JSON body of a request. Keys it does not know are passed over, as OpenAI's clients send many.
func (h *handler) read(w http.ResponseWriter, r *http.Request, v any) error {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, h.Limits.Body))
	if err != nil {
		return err
	}
	bad := func(format string, args ...any) error {
		return &Error{Status: http.StatusBadRequest, Type: invalidRequest, Code: "invalid_json", Message: fmt.Sprintf(format, args...)}
	}
	if len(strings.TrimSpace(string(body))) == 0 {
		return bad("the body is empty, expected a JSON object")
	}
	err = json.Unmarshal(body, v)
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	var ours *Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &ours):
		return ours
	case errors.As(err, &syntax):
		return bad("the body is no JSON: byte %d: %v", syntax.Offset, syntax)
	case errors.As(err, &kind) && kind.Field == "":
		return bad("the body is a JSON %s, expected an object", kind.Value)
	case errors.As(err, &kind):
		return invalid(kind.Field, "%s is a %s, expected %s", kind.Field, kind.Value, kind.Type)
	}
	return bad("the body: %v", err)
}

// texts is a key that may hold one text or a list of them.
type texts []string

// UnmarshalJSON takes either.
func (t *texts) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*t = texts{one}
		return nil
	}
	var many []string
	if err := json.Unmarshal(data, &many); err != nil {
		return invalid("", "got %.40s, expected a text or a list of texts", data)
	}
	*t = many
	return nil
}

// inputs checks the texts of a request.
func (h *handler) inputs(t texts) error {
	if len(t) == 0 {
		return invalid("input", "input has no texts")
	}
	if len(t) > h.Limits.Texts {
		return &Error{Status: http.StatusRequestEntityTooLarge, Type: invalidRequest, Param: "input", Code: "too_many_texts",
			Message: fmt.Sprintf("input has %d texts, expected at most %d: send the rest apart", len(t), h.Limits.Texts)}
	}
	for i, s := range t {
		if strings.TrimSpace(s) == "" {
			return invalid("input", "text %d of input is empty", i)
		}
	}
	return nil
}

// id names an answer: a prefix and random hexadecimal digits.
func (h *handler) id(prefix string) (string, error) {
	var b [12]byte
	err := h.Random(b[:])
	return fmt.Sprintf("%s-%x", prefix, b), err
}
