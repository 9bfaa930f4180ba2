// Package edge is the HTTP API of the Cloudflare Worker: OpenAI's routes and shapes over one engine.
//
// It knows no JavaScript: New makes an http.Handler of an Engine, so that all of it is tested as plain Go. Command worker
// joins it to the runtime; there every request has a handler of its own, and what lives longer is behind Engine.
package edge

import (
	"net/http"
	"strings"
	"time"
)

// Config is what a handler needs of its runtime.
type Config struct {
	Version string
	Engine  Engine
	Catalog Catalog
	Keys    Keys
	Limits  Limits
	Now     func() time.Time     // nil: time.Now
	Random  func(b []byte) error // nil: crypto/rand
}

// Limits bound a request before the engine sees it.
type Limits struct {
	Body      int64 // bytes
	Texts     int   // of one request
	NewTokens int   // of one answer
}

// DefaultLimits fit a Worker's memory and the time its answers may take.
var DefaultLimits = Limits{Body: 1 << 20, Texts: 64, NewTokens: 1024}

// handler answers requests.
type handler struct {
	Config
}

// route is one path of the API.
type route struct {
	method, path string
	open         bool // answers without a key
	serve        func(*handler, http.ResponseWriter, *http.Request) error
}

var routes = []route{
	{"GET", "/healthz", true, (*handler).health},
	{"GET", "/v1/models", false, (*handler).models},
	{"POST", "/v1/classify", false, (*handler).classify},
	{"POST", "/v1/chat/completions", false, (*handler).chat},
	{"POST", "/v1/embeddings", false, (*handler).embeddings},
}

// New makes a handler. Zero limits take their default.
func New(c Config) http.Handler {
	if c.Limits.Body == 0 {
		c.Limits.Body = DefaultLimits.Body
	}
	if c.Limits.Texts == 0 {
		c.Limits.Texts = DefaultLimits.Texts
	}
	if c.Limits.NewTokens == 0 {
		c.Limits.NewTokens = DefaultLimits.NewTokens
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Random == nil {
		c.Random = random
	}
	return &handler{c}
}

// ServeHTTP finds the route. Whatever goes wrong, the answer is one JSON object, and a panic is no exception: in a Worker
// it would end the program with an empty answer.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	out := &response{ResponseWriter: w}
	defer func() {
		if p := recover(); p != nil {
			out.fail(&Error{Status: http.StatusInternalServerError, Type: serverError, Code: "internal", Message: "the handler of this request stopped"})
		}
	}()
	if err := h.route(out, r); err != nil {
		out.fail(err)
	}
}

func (h *handler) route(w *response, r *http.Request) error {
	path := strings.TrimSuffix(r.URL.Path, "/")
	var allowed []string
	for _, rt := range routes {
		if rt.path != path {
			continue
		}
		if rt.method != r.Method && !(rt.method == "GET" && r.Method == "HEAD") {
			allowed = append(allowed, rt.method)
			continue
		}
		if !rt.open {
			if err := h.authorize(r); err != nil {
				return err
			}
		}
		return rt.serve(h, w, r)
	}
	if allowed != nil {
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		return &Error{Status: http.StatusMethodNotAllowed, Type: invalidRequest, Code: "method_not_allowed",
			Message: path + " answers " + strings.Join(allowed, ", ") + ", and this is a " + r.Method}
	}
	return &Error{Status: http.StatusNotFound, Type: invalidRequest, Code: "unknown_url", Message: "there is no " + r.Method + " " + r.URL.Path}
}
