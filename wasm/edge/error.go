package edge

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"graft/shared/api"
)

// Error is an error as OpenAI's clients expect it.
type Error struct {
	Status     int    `json:"-"`
	RetryAfter int    `json:"-"` // seconds; 0: no use
	Message    string `json:"message"`
	Type       string `json:"type"`
	Param      string `json:"param,omitempty"` // the key of the request that is meant
	Code       string `json:"code"`
}

// Types of errors.
const (
	invalidRequest = "invalid_request_error"
	authentication = "authentication_error"
	serverError    = "server_error"
)

func (e *Error) Error() string { return e.Message }

// invalid is an error of a key of the request.
func invalid(param, format string, args ...any) *Error {
	return &Error{Status: http.StatusBadRequest, Type: invalidRequest, Param: param, Code: "invalid_value", Message: fmt.Sprintf(format, args...)}
}

// byCode is what the errors of the engine are over HTTP.
var byCode = map[api.Code]struct {
	status int
	kind   string
	retry  int
}{
	api.InvalidInput: {http.StatusBadRequest, invalidRequest, 0},
	api.Mismatch:     {http.StatusBadRequest, invalidRequest, 0},
	api.Unsupported:  {http.StatusBadRequest, invalidRequest, 0},
	api.NotFound:     {http.StatusNotFound, invalidRequest, 0},
	api.NoMemory:     {http.StatusServiceUnavailable, serverError, 0},
	api.Cancelled:    {http.StatusServiceUnavailable, serverError, 1},
	crashed:          {http.StatusServiceUnavailable, serverError, 1},
}

// crashed is the code of a call during which the engine stopped. The next call starts it anew.
const crashed api.Code = "crashed"

// errorOf is err as clients see it.
func errorOf(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return &Error{Status: http.StatusRequestEntityTooLarge, Type: invalidRequest, Code: "request_too_large",
			Message: fmt.Sprintf("the request is longer than %d bytes", tooLarge.Limit)}
	}
	a := api.From(err)
	row, ok := byCode[a.Code]
	if !ok {
		return &Error{Status: http.StatusInternalServerError, Type: serverError, Code: string(a.Code), Message: a.Message}
	}
	return &Error{Status: row.status, RetryAfter: row.retry, Type: row.kind, Code: string(a.Code), Message: a.Message}
}

// response remembers whether an answer has begun, after which its status stands.
type response struct {
	http.ResponseWriter
	begun bool
}

func (r *response) Write(b []byte) (int, error) {
	r.begun = true
	return r.ResponseWriter.Write(b)
}

// fail answers with an error, or ends what has begun with one as an event.
func (r *response) fail(err error) {
	e := errorOf(err)
	body, _ := json.Marshal(struct {
		Error *Error `json:"error"`
	}{e})
	if r.begun {
		if r.Header().Get("Content-Type") == eventStream {
			fmt.Fprintf(r, "data: %s\n\n", body)
		}
		return
	}
	if e.RetryAfter > 0 {
		r.Header().Set("Retry-After", strconv.Itoa(e.RetryAfter))
	}
	if e.Status == http.StatusUnauthorized {
		r.Header().Set("WWW-Authenticate", "Bearer")
	}
	r.Header().Set("Content-Type", jsonType)
	r.WriteHeader(e.Status)
	r.Write(append(body, '\n'))
}

const jsonType = "application/json"

// write answers with a value. If who asked has gone there is nobody to tell.
func write(w http.ResponseWriter, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", jsonType)
	w.Header().Set("Cache-Control", "no-store")
	w.Write(append(body, '\n'))
	return nil
}
