package edge

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"graft/shared/api"
)

// fake is an engine that answers by rule: a text's class is its length modulo 2, its vector its first bytes, and a chat's
// answer the words of its last message.
type fake struct {
	asked  api.GenerateRequest
	closed int
	fail   error // of the next call
	at     int   // fail the chunk of this place
	panics bool
}

func (f *fake) Status(context.Context) (Status, error) {
	return Status{Started: true, Starts: 1, Memory: json.RawMessage(`{"total":7}`)}, f.fail
}

func (f *fake) Classify(_ context.Context, adapter string, in []string) (Classes, error) {
	if f.panics {
		panic("odd")
	}
	var out Classes
	for _, s := range in {
		out.Predictions = append(out.Predictions, api.Prediction{Text: s, Label: adapter, LabelID: len(s) % 2, Confidence: 0.75,
			Probabilities: map[string]float64{adapter: 0.75, "other": 0.25}})
	}
	return out, f.fail
}

func (f *fake) Embed(_ context.Context, adapter string, in []string) (Vectors, error) {
	out := Vectors{Tokens: 3}
	for _, s := range in {
		out.Vectors = append(out.Vectors, []float32{float32(s[0]), float32(len(adapter))})
	}
	return out, f.fail
}

func (f *fake) Generate(_ context.Context, r api.GenerateRequest) (Answer, error) {
	f.asked = r
	return &fakeAnswer{f, strings.Fields(r.Messages[len(r.Messages)-1].Content), 0}, f.fail
}

type fakeAnswer struct {
	f     *fake
	words []string
	n     int
}

func (a *fakeAnswer) PromptTokens() int { return 9 }
func (a *fakeAnswer) Close()            { a.f.closed++ }
func (a *fakeAnswer) Next(context.Context) ([]api.Chunk, error) {
	if a.n++; a.n == 1 {
		return nil, nil // a long prompt is read in pieces
	}
	i := a.n - 2
	if a.f.at == i+1 {
		return nil, api.Errorf(crashed, "the engine stopped")
	}
	if i == len(a.words) {
		return []api.Chunk{{ID: 2, FinishReason: api.FinishEOS}}, nil
	}
	return []api.Chunk{{Text: a.words[i] + " ", ID: int32(i)}}, nil
}

var catalog = Catalog{Base: "base", Default: "finance", Built: 5, Tasks: []string{"generate", "embed"}, Weights: "assets", Limit: 100, Plan: json.RawMessage(`{"total":50}`),
	Adapters: []Adapter{{Name: "finance", PEFTType: "LORA", TaskType: "SEQ_CLS", Labels: []string{"负面", "正面"}}, {Name: "style", PEFTType: "LORA", TaskType: "CAUSAL_LM"}}}

func handlerOf(f *fake) http.Handler {
	return New(Config{Version: "v0", Engine: f, Catalog: catalog, Limits: Limits{Body: 2000, Texts: 3, NewTokens: 50},
		Keys: Keys{List: ParseKeys("first, second"), Lookup: func(_ context.Context, sum string) (bool, error) {
			return sum == stored, nil
		}},
		Now:    func() time.Time { return time.Unix(1000, 0) },
		Random: func(b []byte) error { clear(b); return nil }})
}

// stored is the SHA-256 of the key "stored", as sha256sum prints it.
const stored = "87b04e58961f9a99d853d4046a0b5b793e7c3e4bbd21f5aca8fb17c20cdb1d8b"

func ask(h http.Handler, method, path, key, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestAnswers(t *testing.T) {
	for _, test := range []struct {
		name, method, path, body string
		want                     string
	}{
		{"health", "GET", "/healthz", "",
			`{"status":"ok","version":"v0","model":"base","weights":"assets","memory_limit":100,"memory_plan":{"total":50},"engine":{"started":true,"starts":1,"memory":{"total":7}}}`},
		{"models", "GET", "/v1/models", "",
			`{"object":"list","data":[{"id":"base","object":"model","created":5,"owned_by":"graft","tasks":["generate","embed"]},` +
				`{"id":"base:finance","object":"model","created":5,"owned_by":"graft","parent":"base","peft_type":"LORA","task_type":"SEQ_CLS","labels":["负面","正面"]},` +
				`{"id":"base:style","object":"model","created":5,"owned_by":"graft","parent":"base","peft_type":"LORA","task_type":"CAUSAL_LM"}]}`},
		{"classify one by the default adapter", "POST", "/v1/classify", `{"input":"ab"}`,
			`{"id":"classify-000000000000000000000000","object":"list","created":1000,"model":"base:finance","data":[{"index":0,"text":"ab","label":"finance","label_id":0,"confidence":0.75,"probabilities":{"finance":0.75,"other":0.25}}]}`},
		{"classify two", "POST", "/v1/classify/", `{"input":["ab","c"],"model":"base:style","user":"x"}`,
			`{"id":"classify-000000000000000000000000","object":"list","created":1000,"model":"base:style","data":[{"index":0,"text":"ab","label":"style","label_id":0,"confidence":0.75,"probabilities":{"other":0.25,"style":0.75}},` +
				`{"index":1,"text":"c","label":"style","label_id":1,"confidence":0.75,"probabilities":{"other":0.25,"style":0.75}}]}`},
		{"embed by the base", "POST", "/v1/embeddings", `{"input":["A"]}`,
			`{"object":"list","model":"base","data":[{"object":"embedding","index":0,"embedding":[65,0]}],"usage":{"prompt_tokens":3,"total_tokens":3}}`},
		{"chat", "POST", "/v1/chat/completions", `{"model":"style","messages":[{"role":"user","content":[{"type":"text","text":"a "},{"type":"text","text":"b"}]}]}`,
			`{"id":"chatcmpl-000000000000000000000000","object":"chat.completion","created":1000,"model":"base:style","choices":[{"index":0,"message":{"role":"assistant","content":"a b "},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := ask(handlerOf(&fake{}), test.method, test.path, "second", test.body)
			if got := strings.TrimSpace(w.Body.String()); w.Code != 200 || got != test.want || w.Header().Get("Content-Type") != jsonType {
				t.Errorf("status %d %s, got\n%s\nexpected\n%s", w.Code, w.Header(), got, test.want)
			}
		})
	}
}

func TestBase64Embedding(t *testing.T) {
	w := ask(handlerOf(&fake{}), "POST", "/v1/embeddings", "first", `{"input":"A","adapter":"style","encoding_format":"base64","dimensions":2}`)
	var got struct{ Data []struct{ Embedding string } }
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || len(got.Data) != 1 {
		t.Fatalf("%v in %s", err, w.Body)
	}
	want := base64.StdEncoding.EncodeToString([]byte{0, 0, 0x82, 0x42, 0, 0, 0xa0, 0x40}) // 65 and 5
	if got.Data[0].Embedding != want {
		t.Errorf("got %s, expected %s", got.Data[0].Embedding, want)
	}
}

func TestStream(t *testing.T) {
	f := &fake{}
	w := ask(handlerOf(f), "POST", "/v1/chat/completions", "first", `{"model":"base","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"x y"}]}`)
	const head = `data: {"id":"chatcmpl-000000000000000000000000","object":"chat.completion.chunk","created":1000,"model":"base","choices":[`
	want := head + `{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}` + "\n\n" +
		head + `{"index":0,"delta":{"content":"x "},"finish_reason":null}]}` + "\n\n" +
		head + `{"index":0,"delta":{"content":"y "},"finish_reason":null}]}` + "\n\n" +
		head + `{"index":0,"delta":{},"finish_reason":"stop"}]}` + "\n\n" +
		head + `],"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}}` + "\n\ndata: [DONE]\n\n"
	if got := w.Body.String(); got != want || w.Header().Get("Content-Type") != eventStream || f.closed != 1 {
		t.Errorf("closed %d times, got\n%s\nexpected\n%s", f.closed, got, want)
	}
}

// TestStreamBreaks ends a stream by an error after its head has gone, and before.
func TestStreamBreaks(t *testing.T) {
	const body = `{"stream":true,"messages":[{"role":"user","content":"x y"}]}`
	f := &fake{at: 2}
	w := ask(handlerOf(f), "POST", "/v1/chat/completions", "first", body)
	if got := w.Body.String(); w.Code != 200 || !strings.HasSuffix(got, `data: {"error":{"message":"the engine stopped","type":"server_error","code":"crashed"}}`+"\n\n") || f.closed != 1 {
		t.Errorf("status %d, closed %d times:\n%s", w.Code, f.closed, got)
	}
	f = &fake{fail: api.Errorf(api.InvalidInput, "prompt and max_new_tokens are 900 tokens")}
	w = ask(handlerOf(f), "POST", "/v1/chat/completions", "first", body)
	if w.Code != 400 || w.Header().Get("Content-Type") != jsonType {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
}

// gone is who went away after some bytes.
type gone struct {
	*httptest.ResponseRecorder
	left int
}

func (g *gone) Write(b []byte) (int, error) {
	if g.left -= len(b); g.left < 0 {
		return 0, io.ErrClosedPipe
	}
	return g.ResponseRecorder.Write(b)
}

func TestStreamEndsWhenNobodyReads(t *testing.T) {
	f := &fake{}
	r := httptest.NewRequest("POST", "/v1/chat/completions", strings.NewReader(`{"stream":true,"messages":[{"role":"user","content":"`+strings.Repeat("w ", 500)+`"}]}`))
	r.Header.Set("x-api-key", "first")
	w := &gone{httptest.NewRecorder(), 1000}
	handlerOf(f).ServeHTTP(w, r)
	if n := strings.Count(w.Body.String(), "data:"); f.closed != 1 || n > 10 {
		t.Errorf("closed %d times after %d events", f.closed, n)
	}
}

// TestChatOptions holds what of a request reaches the engine.
func TestChatOptions(t *testing.T) {
	const messages = `"messages":[{"role":"developer","content":"s"},{"role":"user","content":"u"}]`
	turns := []api.Message{{Role: "system", Content: "s"}, {Role: "user", Content: "u"}}
	for _, test := range []struct {
		body string
		want api.GenerateRequest
	}{
		{`{}`, api.GenerateRequest{Temperature: 1, Adapter: "finance"}},
		{`{"model":"base","temperature":0,"max_tokens":7,"seed":3,"stop":"x"}`, api.GenerateRequest{MaxNewTokens: 7, Seed: 3, Stop: []string{"x"}}},
		{`{"model":"base","max_tokens":7,"max_completion_tokens":8,"top_p":0.5,"top_k":4,"min_p":0.1,"repetition_penalty":1.1,"stop":["x","y"],"presence_penalty":0,"tools":[],"n":1}`,
			api.GenerateRequest{Temperature: 1, MaxNewTokens: 8, TopP: 0.5, TopK: 4, MinP: 0.1, RepetitionPenalty: 1.1, Stop: []string{"x", "y"}}},
		{`{"model":"base","response_format":{"type":"json_object"}}`, api.GenerateRequest{Temperature: 1, ResponseFormat: &api.ResponseFormat{JSONSchema: json.RawMessage("true")}}},
		{`{"model":"base","response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object"}}}}`,
			api.GenerateRequest{Temperature: 1, ResponseFormat: &api.ResponseFormat{JSONSchema: json.RawMessage(`{"type":"object"}`)}}},
		{`{"model":"base","response_format":{"type":"choice","choice":["a","b"]}}`, api.GenerateRequest{Temperature: 1, ResponseFormat: &api.ResponseFormat{Choices: []string{"a", "b"}}}},
		{`{"model":"base","response_format":{"type":"text"}}`, api.GenerateRequest{Temperature: 1}},
	} {
		f := &fake{}
		body := strings.Replace(test.body, "{", "{"+messages+",", 1)
		body = strings.Replace(body, ",}", "}", 1)
		w := ask(handlerOf(f), "POST", "/v1/chat/completions", "first", body)
		test.want.Messages = turns
		if w.Code != 200 || !reflect.DeepEqual(f.asked, test.want) {
			t.Errorf("%s: status %d, the engine was asked\n%+v\nexpected\n%+v", body, w.Code, f.asked, test.want)
		}
	}
}

func TestErrors(t *testing.T) {
	const chat, classify, embed = "/v1/chat/completions", "/v1/classify", "/v1/embeddings"
	user := func(more string) string { return `{"messages":[{"role":"user","content":"u"}]` + more + `}` }
	for _, test := range []struct {
		name, method, path, key, body string
		status                        int
		code, param                   string
	}{
		{"no key", "POST", classify, "", `{"input":"a"}`, 401, "missing_api_key", ""},
		{"wrong key", "POST", classify, "third", `{"input":"a"}`, 401, "invalid_api_key", ""},
		{"half a key", "GET", "/v1/models", "firs", ``, 401, "invalid_api_key", ""},
		{"unknown path", "GET", "/v1/files", "first", "", 404, "unknown_url", ""},
		{"wrong method", "GET", classify, "first", "", 405, "method_not_allowed", ""},
		{"no body", "POST", classify, "first", "", 400, "invalid_json", ""},
		{"half a body", "POST", classify, "first", `{"input":`, 400, "invalid_json", ""},
		{"a list", "POST", classify, "first", `[]`, 400, "invalid_json", ""},
		{"wrong type", "POST", classify, "first", `{"model":5,"input":"a"}`, 400, "invalid_value", "model"},
		{"no texts", "POST", classify, "first", `{}`, 400, "invalid_value", "input"},
		{"tokens", "POST", embed, "first", `{"input":[1,2]}`, 400, "invalid_value", ""},
		{"empty text", "POST", embed, "first", `{"input":["a"," "]}`, 400, "invalid_value", "input"},
		{"too many texts", "POST", classify, "first", `{"input":["a","b","c","d"]}`, 413, "too_many_texts", "input"},
		{"too long", "POST", classify, "first", `{"input":"` + strings.Repeat("a", 2000) + `"}`, 413, "request_too_large", ""},
		{"unknown model", "POST", classify, "first", `{"input":"a","model":"gpt-4"}`, 404, "model_not_found", "model"},
		{"unknown adapter of the base", "POST", classify, "first", `{"input":"a","model":"base:law"}`, 404, "model_not_found", "model"},
		{"unknown adapter", "POST", classify, "first", `{"input":"a","adapter":"law"}`, 404, "adapter_not_found", "adapter"},
		{"two adapters", "POST", classify, "first", `{"input":"a","model":"base:style","adapter":"finance"}`, 400, "invalid_value", "adapter"},
		{"odd encoding", "POST", embed, "first", `{"input":"a","encoding_format":"int8"}`, 400, "invalid_value", "encoding_format"},
		{"fewer dimensions", "POST", embed, "first", `{"input":"a","dimensions":1}`, 400, "invalid_value", "dimensions"},
		{"no messages", "POST", chat, "first", `{}`, 400, "invalid_value", "messages"},
		{"odd role", "POST", chat, "first", `{"messages":[{"role":"bot","content":"u"}]}`, 400, "invalid_value", "messages"},
		{"an image", "POST", chat, "first", `{"messages":[{"role":"user","content":[{"type":"image_url"}]}]}`, 400, "invalid_value", "messages"},
		{"too many tokens", "POST", chat, "first", user(`,"max_tokens":51`), 400, "invalid_value", "max_completion_tokens"},
		{"several answers", "POST", chat, "first", user(`,"n":2`), 400, "unsupported_parameter", "n"},
		{"tools", "POST", chat, "first", user(`,"tools":[{"type":"function"}]`), 400, "unsupported_parameter", "tools"},
		{"odd format", "POST", chat, "first", user(`,"response_format":{"type":"xml"}`), 400, "invalid_value", "response_format"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := ask(handlerOf(&fake{}), test.method, test.path, test.key, test.body)
			var got struct{ Error Error }
			if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
				t.Fatalf("%v in %s", err, w.Body)
			}
			if w.Code != test.status || got.Error.Code != test.code || got.Error.Param != test.param || got.Error.Message == "" || got.Error.Type == "" {
				t.Errorf("status %d %s, expected %d %s of %q", w.Code, w.Body, test.status, test.code, test.param)
			}
		})
	}
}

func TestErrorsOfTheEngine(t *testing.T) {
	for _, test := range []struct {
		err    error
		status int
		code   string
		retry  string
	}{
		{api.Errorf(api.InvalidInput, "m"), 400, "invalid_input", ""},
		{api.Errorf(api.Mismatch, "m"), 400, "mismatch", ""},
		{api.Errorf(api.NoMemory, "m"), 503, "no_memory", ""},
		{api.Errorf(crashed, "m"), 503, "crashed", "1"},
		{api.Errorf(api.Internal, "m"), 500, "internal", ""},
		{fmt.Errorf("odd: %w", errors.New("m")), 500, "internal", ""},
	} {
		w := ask(handlerOf(&fake{fail: test.err}), "POST", "/v1/classify", "first", `{"input":"a"}`)
		if w.Code != test.status || !strings.Contains(w.Body.String(), `"code":"`+test.code+`"`) || w.Header().Get("Retry-After") != test.retry {
			t.Errorf("%v: status %d %s %s", test.err, w.Code, w.Header(), w.Body)
		}
	}
	if w := ask(handlerOf(&fake{panics: true}), "POST", "/v1/classify", "first", `{"input":"a"}`); w.Code != 500 || !strings.Contains(w.Body.String(), `"internal"`) {
		t.Errorf("a panic: status %d %s", w.Code, w.Body)
	}
}

func TestKeys(t *testing.T) {
	if w := ask(handlerOf(&fake{}), "GET", "/v1/models", "stored", ""); w.Code != 200 {
		t.Errorf("a key of the store: status %d %s", w.Code, w.Body)
	}
	none := New(Config{Engine: &fake{}, Catalog: catalog})
	if w := ask(none, "GET", "/v1/models", "any", ""); w.Code != 401 || !strings.Contains(w.Body.String(), "GRAFT_API_KEYS") {
		t.Errorf("without keys: status %d %s", w.Code, w.Body)
	}
	if w := ask(none, "GET", "/healthz", "", ""); w.Code != 200 {
		t.Errorf("health without a key: status %d %s", w.Code, w.Body)
	}
	if got := ParseKeys(" a,b\n,c \t"); !reflect.DeepEqual(got, []string{"a", "b", "c"}) {
		t.Errorf("keys %q", got)
	}
}
