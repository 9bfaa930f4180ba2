package door_test

import (
	"context"
	"encoding/json"
	"io"
	"io/fs"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"graft/shared/adapter"
	"graft/shared/api"
	"graft/shared/device"
	"graft/shared/engine"
	"graft/shared/engine/door"
	"graft/shared/engine/enginetest"
	"graft/shared/tensor"
)

const base = "../../../examples/finance/base"

var texts = []string{"公司净利润大幅增长", "公司业绩大幅下滑"}

// shelf is a host whose files are byte slices, numbered as they come. It counts what is read.
type shelf struct {
	files [][]byte
	reads map[int32]int
	most  int // of one read
}

func (s *shelf) Size(id int32) int64 {
	if id < 0 || int(id) >= len(s.files) {
		return -1
	}
	return int64(len(s.files[id]))
}

func (s *shelf) ReadAt(id int32, p []byte, off int64) (int, error) {
	s.reads[id] += len(p)
	s.most = max(s.most, len(p))
	n := copy(p, s.files[id][off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (s *shelf) Fill(int32, device.Buffer, int64, int64) (bool, error) { return false, nil }

// add puts a directory on the shelf.
func (s *shelf) add(t *testing.T, fsys fs.FS) (files []api.File) {
	t.Helper()
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !e.Type().IsRegular() {
			continue
		}
		b, err := fs.ReadFile(fsys, e.Name())
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, api.File{Name: e.Name(), ID: int32(len(s.files))})
		s.files = append(s.files, b)
	}
	return files
}

// host is a door on the reference device.
type host struct {
	t *testing.T
	*shelf
	*door.Door
}

func newHost(t *testing.T) host {
	s := &shelf{reads: map[int32]int{}}
	d := door.New(door.Host{Version: "test", Files: s, OpenDevice: func(int) (device.Device, error) { return device.Reference(), nil },
		Memory: func() int64 { return 1000 }})
	t.Cleanup(func() { d.Close() })
	return host{t, s, d}
}

// ask sends a request; a message of want is expected among the error, none if it is empty.
func (h host) ask(r api.Request, want string) api.Answer {
	h.t.Helper()
	r.Protocol = api.Protocol
	b, err := json.Marshal(r)
	if err != nil {
		h.t.Fatal(err)
	}
	return h.raw(string(b), want)
}

func (h host) raw(request, want string) (a api.Answer) {
	h.t.Helper()
	if err := json.Unmarshal(h.Answer(context.Background(), []byte(request)), &a); err != nil {
		h.t.Fatal(err)
	}
	switch {
	case a.Protocol != api.Protocol:
		h.t.Errorf("answer of protocol %d", a.Protocol)
	case want == "" && a.Error != nil:
		h.t.Fatalf("%.300s: %+v", request, a.Error)
	case want != "" && (a.Error == nil || !strings.Contains(string(a.Error.Code)+" "+a.Error.Message, want)):
		h.t.Errorf("%.300s: error %v, expected %q", request, a.Error, want)
	}
	return a
}

func (h host) openBase(r api.OpenRequest) api.Answer {
	h.t.Helper()
	r.Name, r.Files = "base", h.add(h.t, os.DirFS(base))
	return h.ask(api.Request{Open: &r}, "")
}

func native(t *testing.T, o engine.Options) *engine.Base {
	b, err := engine.Open(os.DirFS(base), device.Reference(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// TestAnswersAreTheEngines holds every answer to what the engine says without a door.
func TestAnswersAreTheEngines(t *testing.T) {
	b := native(t, engine.Options{})
	h := newHost(t)
	info := h.openBase(api.OpenRequest{CacheType: "f32"}).Open
	if !slices.Equal(info.Tasks, []string{"generate", "embed"}) || info.Architecture != "llama" || info.Context != 512 || info.Format != "safetensors" {
		t.Errorf("opened %+v", info)
	}
	for name, m := range map[string]adapter.Method{"lora": adapter.LoRA{R: 4}, "prompt": adapter.PromptTuning{NumVirtualTokens: 3}} {
		cls := enginetest.Train(t, b, m, adapter.SeqCls, 1)
		lm := enginetest.Train(t, b, m, adapter.CausalLM, 1)
		a := h.ask(api.Request{LoadAdapter: &api.LoadAdapterRequest{Name: name, Files: h.add(t, cls)}}, "").LoadAdapter
		if a.TaskType != "SEQ_CLS" || !slices.Equal(a.Labels, enginetest.Labels) || a.Bytes == 0 || a.Memory.Adapters < a.Bytes {
			t.Errorf("loaded %+v", a)
		}
		h.ask(api.Request{LoadAdapter: &api.LoadAdapterRequest{Name: name + " text", Files: h.add(t, lm)}}, "")
		h.classifies(b, name, cls)
		h.writes(b, name+" text", lm)
	}
	h.writes(b, "", nil)
	h.embeds(b)
	h.decides(b)
	ids := b.Tokenizer.Encode(texts[0], true).IDs
	if c := h.ask(api.Request{Count: &api.CountRequest{Prompt: texts[0], IDs: true}}, "").Count; c.Tokens != len(ids) || !slices.Equal(c.IDs, ids) {
		t.Errorf("counted %+v, expected %d", c, ids)
	}
	conversation := []api.Message{{Role: "user", Content: "你好"}}
	want, err := b.Render(conversation)
	if r := h.ask(api.Request{Render: &api.RenderRequest{Messages: conversation}}, "").Render; err != nil || r.Text != want || !strings.Contains(want, "你好") {
		t.Errorf("rendered %q, expected %q, %v", r.Text, want, err)
	}
	var names []string
	for _, a := range h.ask(api.Request{Adapters: &api.Nothing{}}, "").Adapters.Adapters {
		names = append(names, a.Name)
	}
	if want := []string{"lora", "lora text", "prompt", "prompt text"}; !slices.Equal(names, want) {
		t.Errorf("adapters %q, expected %q", names, want)
	}
	h.ask(api.Request{UnloadAdapter: &api.UnloadAdapterRequest{Name: "lora"}}, "")
	h.ask(api.Request{Classify: &api.ClassifyRequest{Texts: texts, Adapter: "lora"}}, `not_found adapter "lora" is not loaded`)
}

func (h host) classifies(b *engine.Base, name string, dir fs.FS) {
	h.t.Helper()
	a, err := b.OpenAdapter(dir, false)
	if err != nil {
		h.t.Fatal(err)
	}
	c, err := b.Classifier(a)
	if err != nil {
		h.t.Fatal(err)
	}
	defer c.Close()
	want, err := c.Predict(h.t.Context(), texts)
	if err != nil {
		h.t.Fatal(err)
	}
	got := h.ask(api.Request{Classify: &api.ClassifyRequest{Texts: texts, Adapter: name, Logits: true}}, "").Classify
	for i, p := range got.Predictions {
		if p.Label != want[i].Label || p.Text != texts[i] || p.Confidence != want[i].Confidence || !maps.Equal(p.Probabilities, want[i].Probabilities) {
			h.t.Errorf("%s: %+v, expected %+v", name, p, want[i])
		}
		l := got.Logits[i]
		if e := 1 / (1 + math.Exp(float64(l[0]-l[1]))); math.Abs(e-p.Probabilities[enginetest.Labels[1]]) > 1e-6 {
			h.t.Errorf("%s: logits %v, and a probability of %v", name, l, p.Probabilities)
		}
	}
}

// writes holds a text that is stepped to one that is generated.
func (h host) writes(b *engine.Base, name string, dir fs.FS) {
	h.t.Helper()
	var a *engine.Adapter
	if dir != nil {
		var err error
		if a, err = b.OpenAdapter(dir, false); err != nil {
			h.t.Fatal(err)
		}
	}
	g := b.Generator(a, tensor.F32)
	defer g.Close()
	for _, r := range []api.GenerateRequest{
		{Prompt: "公司净利润", MaxNewTokens: 6},
		{Prompt: "公司净利润" + strings.Repeat("同比增长,", 60), MaxNewTokens: 3}, // longer than a step reads
		{Prompt: "公司", MaxNewTokens: 6, ResponseFormat: &api.ResponseFormat{Choices: []string{"正面", "负面"}}},
		{Prompt: "公司", MaxNewTokens: 5, Temperature: 1, Seed: 7},
	} {
		want, err := g.Generate(h.t.Context(), r)
		if err != nil {
			h.t.Fatal(err)
		}
		r.Adapter = name
		started := h.ask(api.Request{Start: &r}, "").Start
		text, read := "", 0
		for {
			s := h.ask(api.Request{Step: &api.StepRequest{Handle: started.Handle, Tokens: 2}}, "").Step
			for _, c := range s.Chunks {
				text += c.Text
			}
			if s.Read < read || s.Read > s.Of || s.Of != started.PromptTokens {
				h.t.Fatalf("read %d of %d after %d of %d", s.Read, s.Of, read, started.PromptTokens)
			}
			if read = s.Read; s.Done {
				if g := s.Generation; g.Text != want.Text || text != want.Text || g.FinishReason != want.FinishReason || g.CompletionTokens != want.CompletionTokens || g.PromptTokens != want.PromptTokens {
					h.t.Errorf("%q: %+v in chunks %q, expected %+v", name, g, text, want)
				}
				break
			}
		}
		h.ask(api.Request{Step: &api.StepRequest{Handle: started.Handle}}, "not_found handle")
	}
}

func (h host) decides(b *engine.Base) {
	h.t.Helper()
	r := api.DecideRequest{Prompt: "公司净利润", Choices: []string{"增长", "大幅下滑"}}
	g := b.Generator(nil, tensor.F32)
	defer g.Close()
	want, err := g.Decide(h.t.Context(), r)
	if err != nil {
		h.t.Fatal(err)
	}
	if got := h.ask(api.Request{Decide: &r}, "").Decide; got.Choice != want.Choice || got.Probability != want.Probability {
		h.t.Errorf("decided %+v, expected %+v", got, want)
	}
}

func (h host) embeds(b *engine.Base) {
	h.t.Helper()
	e, err := b.Embedder(nil, engine.EmbedOptions{Pooling: "mean"})
	if err != nil {
		h.t.Fatal(err)
	}
	defer e.Close()
	want, err := e.Embed(h.t.Context(), texts)
	if err != nil {
		h.t.Fatal(err)
	}
	got := h.ask(api.Request{Embed: &api.EmbedRequest{Texts: texts, Pooling: "mean"}}, "").Embed
	for i := range want {
		if !slices.Equal(got.Vectors[i], want[i]) || got.Dim != len(want[i]) || got.Pooling != "mean" {
			h.t.Errorf("text %d has another vector", i)
		}
	}
}

// TestLoading holds loading in parts to what the host says will be read, and sees that no more than pieces of a file are read at once.
func TestLoading(t *testing.T) {
	h := newHost(t)
	h.openBase(api.OpenRequest{})
	const part = 1 << 20
	var next []api.Range
	loaded, parts := int64(0), 0
	for done := false; !done; parts++ {
		before := maps.Clone(h.reads)
		a := h.ask(api.Request{Load: &api.LoadRequest{Bytes: part}}, "").Load
		for _, n := range next {
			before[n.ID] += int(n.Bytes)
		}
		if next != nil && !maps.Equal(before, h.reads) {
			t.Fatalf("part %d read %v, said was %v", parts, h.reads, before)
		}
		if a.Loaded <= loaded || a.Total != 7012608 {
			t.Fatalf("part %d: %d bytes after %d of %d", parts, a.Loaded, loaded, a.Total)
		}
		next, loaded, done = a.Next, a.Loaded, a.Done
	}
	if s := h.ask(api.Request{State: &api.Nothing{}}, "").State; parts < 4 || loaded != 7012608 || len(next) > 0 || !s.Loaded || s.Open != "base" {
		t.Errorf("%d parts, %d bytes, %v to come, %+v", parts, loaded, next, s)
	}
}

func TestMemoryLimit(t *testing.T) {
	h := newHost(t)
	files := h.add(t, os.DirFS(base))
	a := h.ask(api.Request{Open: &api.OpenRequest{Files: files, MemoryLimit: 5 << 20}}, "no_memory")
	if m := a.Error.Message; !strings.Contains(m, "bytes of memory are needed") || !strings.Contains(m, "5242880 are allowed") {
		t.Error(m)
	}
	if s := h.ask(api.Request{State: &api.Nothing{}}, "").State; s.Open != "" {
		t.Errorf("%q is open after the refusal", s.Open)
	}
	need := h.ask(api.Request{Open: &api.OpenRequest{Files: files, Tasks: []string{"generate"}, Context: 64}}, "").Open.Memory
	if need.Total != need.Weights+need.Cache+need.Activations+need.Scratch+need.Engine || need.Engine != 1000 || need.Cache != 64*need.PerToken {
		t.Errorf("plan %+v", need)
	}
	h.ask(api.Request{Start: &api.GenerateRequest{Prompt: "公司", MaxNewTokens: 100}}, "there is room for 64")
	if p := h.ask(api.Request{Plan: &api.PlanRequest{Context: 512}}, "").Plan; p.Cache != 512*need.PerToken || p.Total <= need.Total {
		t.Errorf("plan %+v of a longer context, after %+v", p, need)
	}
	h.ask(api.Request{Close: &api.Nothing{}}, "")

	// With room for two caches a third text is refused, unless one of the others is idle and gives its own.
	limit := need.Total + need.Cache
	h.ask(api.Request{Open: &api.OpenRequest{Files: files, Tasks: []string{"generate"}, Context: 64, MemoryLimit: limit}}, "")
	start := api.Request{Start: &api.GenerateRequest{Prompt: "公司", MaxNewTokens: 2}}
	one := h.ask(start, "").Start.Handle
	h.ask(start, "")
	h.ask(start, "no_memory")
	h.ask(api.Request{Cancel: &api.CancelRequest{Handle: one}}, "")
	h.ask(api.Request{Cancel: &api.CancelRequest{Handle: one}}, "") // gone is no error
	h.ask(start, "")
}

func TestRefused(t *testing.T) {
	h := newHost(t)
	for request, want := range map[string]string{
		``:                                     "invalid_input request: unexpected EOF",
		`null`:                                 "unsupported request of protocol 0",
		`[]`:                                   "invalid_input request",
		`{"protocol":1}`:                       "0 messages",
		`{"protocol":2,"state":{}}`:            "unsupported request of protocol 2",
		`{"protocol":1,"state":{},"close":{}}`: "2 messages (state, close)",
		`{"protocol":1,"state":{}} {}`:         "more than one JSON value",
		`{"protocol":1,"state":{"x":1}}`:       `unknown field "x"`,
		`{"protocol":1,"sing":{}}`:             `unknown field "sing"`,
		`{"protocol":1,"classify":{"texts":["a"]}}`:                                   "not_found no model is open",
		`{"protocol":1,"open":{}}`:                                                    "0 files",
		`{"protocol":1,"open":{"files":[{"name":"../x","id":0}]}}`:                    `"../x": not a name`,
		`{"protocol":1,"open":{"files":[{"name":"a","id":0},{"name":"a","id":1}]}}`:   "named twice",
		`{"protocol":1,"open":{"files":[{"name":"model.safetensors","id":9}]}}`:       "not_found",
		`{"protocol":1,"open":{"files":[{"name":"a","id":0}],"cache_type":"q4"}}`:     "cache_type",
		`{"protocol":1,"open":{"files":[{"name":"a","id":0}],"activations":4}}`:       "activations 4",
		`{"protocol":1,"open":{"files":[{"name":"a","id":0}],"memory_limit":-1}}`:     "memory_limit -1",
		`{"protocol":1,"inspect":{"files":[{"name":"adapter_config.json","id":-1}]}}`: "not_found",
	} {
		h.raw(request, want)
	}
	if a := h.raw(strings.Repeat(" ", api.MaxRequest+1), "expected at most"); a.Error.Code != api.InvalidInput {
		t.Errorf("code %s", a.Error.Code)
	}
	h.openBase(api.OpenRequest{})
	for request, want := range map[string]string{
		`{"protocol":1,"open":{"files":[{"name":"a","id":0}]}}`:                              "base is open",
		`{"protocol":1,"classify":{"texts":[]}}`:                                             "0 texts",
		`{"protocol":1,"classify":{"texts":["a"]}}`:                                          "no classification head",
		`{"protocol":1,"classify":{"texts":["a"],"adapter":"none"}}`:                         "not_found adapter",
		`{"protocol":1,"embed":{"texts":["a"],"pooling":"none"}}`:                            "pooling",
		`{"protocol":1,"step":{"handle":1}}`:                                                 "not_found handle 1",
		`{"protocol":1,"start":{"prompt":"a","temperature":-1}}`:                             "temperature",
		`{"protocol":1,"start":{"prompt":""}}`:                                               "prompt is empty",
		`{"protocol":1,"start":{"prompt":"a","response_format":{"regex":"("}}}`:              "response_format",
		`{"protocol":1,"load":{"bytes":-1}}`:                                                 "bytes -1",
		`{"protocol":1,"unload_adapter":{"name":""}}`:                                        "no name",
		`{"protocol":1,"load_adapter":{"name":"","files":[{"name":"a","id":0}]}}`:            "no name",
		`{"protocol":1,"load_adapter":{"name":"x","files":[{"name":"config.json","id":0}]}}`: "weights",
	} {
		h.raw(request, want)
	}
	if a := h.raw(`{"protocol":1,"load_adapter":{"name":"x","files":`+filesJSON(t, h.add(t, os.DirFS(base)))+`}}`, "expected an adapter"); a.Error.Code != api.InvalidInput {
		t.Errorf("code %s", a.Error.Code)
	}
	h.ask(api.Request{Start: &api.GenerateRequest{Prompt: "公司", MaxNewTokens: 2}}, "") // and it still answers
}

func filesJSON(t *testing.T, files []api.File) string {
	b, err := json.Marshal(files)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestAdapterOfAnotherBase sees that a refused adapter leaves the one that had the name.
func TestAdapterOfAnotherBase(t *testing.T) {
	b := native(t, engine.Options{})
	h := newHost(t)
	h.openBase(api.OpenRequest{})
	cls := enginetest.Train(t, b, adapter.LoRA{R: 2}, adapter.SeqCls, 1)
	h.ask(api.Request{LoadAdapter: &api.LoadAdapterRequest{Name: "a", Files: h.add(t, cls)}}, "")
	h.ask(api.Request{LoadAdapter: &api.LoadAdapterRequest{Name: "a", Files: h.add(t, os.DirFS("../../adapter/testdata/peft/prefix"))}}, "mismatch")
	h.classifies(b, "a", cls)
}

// TestFaultIsAnAnswer sees that a panic of a host's device does not leave the door.
func TestFaultIsAnAnswer(t *testing.T) {
	h := newHost(t)
	d := door.New(door.Host{Files: h.shelf, OpenDevice: func(int) (device.Device, error) { panic("lost") }})
	var a api.Answer
	r := `{"protocol":1,"open":{"files":` + filesJSON(t, h.add(t, os.DirFS(base))) + `}}`
	if err := json.Unmarshal(d.Answer(t.Context(), []byte(r)), &a); err != nil || a.Error == nil || a.Error.Code != api.Crashed {
		t.Errorf("%v, %+v", err, a.Error)
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add([]byte(`{"protocol":1,"state":{}}`))
	f.Add([]byte(`{"protocol":1,"open":{"files":[{"name":"config.json","id":0},{"name":"model.safetensors","id":1}],"memory_limit":9}}`))
	f.Add([]byte(`{"protocol":1,"start":{"messages":[{"role":"user","content":"a"}],"response_format":{"json_schema":{"type":"object"}}}}`))
	config, err := os.ReadFile(base + "/config.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, request []byte) {
		s := &shelf{files: [][]byte{config, {8, 0, 0, 0, 0, 0, 0, 0, '{', '}', ' ', ' ', ' ', ' ', ' ', ' '}}, reads: map[int32]int{}}
		d := door.New(door.Host{Files: s, OpenDevice: func(int) (device.Device, error) { return device.Reference(), nil }})
		defer d.Close()
		var a api.Answer
		if err := json.Unmarshal(d.Answer(t.Context(), request), &a); err != nil {
			t.Fatal(err)
		}
		if a.Error != nil && (a.Error.Code == api.Crashed || a.Error.Message == "") {
			t.Fatal(a.Error)
		}
	})
}
