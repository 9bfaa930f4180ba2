package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"graft/native/bench/workerd"
)

// root is the project's.
const root = "../../../"

// findWorkerd is Cloudflare's runtime.
func findWorkerd(t testing.TB) string {
	t.Helper()
	path, err := workerd.Find(root)
	if err != nil {
		t.Skip(err)
	}
	return path
}

// entry is the Worker's entry in tests: the real one, and ways to hurt it.
const entry = `import worker from "./entry.mjs";
let last;
const real = WebAssembly.instantiate;
WebAssembly.instantiate = async (module, imports) => {
	const instance = await real(module, imports);
	if (instance.exports.graft_call) last = instance;
	return instance;
};
export default { async fetch(request, env, ctx) {
	const { pathname } = new URL(request.url);
	if (pathname === "/test/ruin") { // whatever Go finds next in its memory, it ends
		new Uint8Array(last.exports.memory.buffer).fill(0xff);
		return new Response("ruined");
	}
	if (env.FAKE_R2) env = { ...env, GRAFT_WEIGHTS: { get: async (name) => {
		const answer = await env.PIECES.fetch("https://r2.local/" + name);
		return answer.ok ? { arrayBuffer: () => answer.arrayBuffer() } : null;
	} } };
	// printf stored | sha256sum
	env = { ...env, GRAFT_KEYS: { get: async (sum) => sum === "87b04e58961f9a99d853d4046a0b5b793e7c3e4bbd21f5aca8fb17c20cdb1d8b" ? "its owner" : null } };
	return worker.fetch(request, env, ctx);
} };
`

// worker is a Worker that runs here.
type worker struct {
	t testing.TB
	*workerd.Process
}

// startWorker serves a folder of graft edge build, with the key "key". Further bindings are in capnp's form.
func startWorker(t testing.TB, folder string, bindings ...string) *worker {
	t.Helper()
	w := workerd.Worker{Modules: []workerd.Module{{Name: "test.mjs", Text: entry}}, Bindings: append(bindings, `(name = "GRAFT_API_KEYS", text = "other,key")`)}
	entries, err := os.ReadDir(filepath.Join(folder, "worker"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		w.Modules = append(w.Modules, workerd.Module{Name: e.Name(), Path: filepath.Join(folder, "worker", e.Name())})
	}
	for _, pieces := range []string{"assets", "weights"} {
		if path := filepath.Join(folder, pieces); isDirectory(path) {
			w.Disks = map[string]string{"pieces": path}
			w.Bindings = append(w.Bindings, `(name = "ASSETS", service = "pieces")`, `(name = "PIECES", service = "pieces")`)
		}
	}
	p, err := workerd.Start(findWorkerd(t), w)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("workerd said:\n%s", p.Said())
		}
	})
	return &worker{t, p}
}

func isDirectory(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// send sends a request, by GET if there is no body.
func (w *worker) send(path, key, body string) (int, string) {
	w.t.Helper()
	method := "POST"
	if body == "" {
		method = "GET"
	}
	r, err := http.NewRequest(method, w.URL+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		w.t.Fatalf("%s %s: %v after %s", method, path, err, text)
	}
	return answer.StatusCode, string(text)
}

// ask sends a request that must succeed, and reads its answer.
func (w *worker) ask(path, body string, answer any) {
	w.t.Helper()
	status, text := w.send(path, "key", body)
	if status != 200 {
		w.t.Fatalf("%s: status %d %s", path, status, text)
	}
	if err := json.Unmarshal([]byte(text), answer); err != nil {
		w.t.Fatalf("%s: %v in %s", path, err, text)
	}
}

// graft runs the command line and returns standard output.
func graft(t testing.TB, args ...string) string {
	t.Helper()
	var out, err bytes.Buffer
	h := newHost()
	h.Stdin, h.Stdout, h.Stderr = strings.NewReader(""), &out, &err
	h.Getenv = func(name string) string {
		if name == "LANG" || name == "LC_ALL" {
			return "C"
		}
		return os.Getenv(name)
	}
	if exit := h.Run(context.Background(), args); exit != 0 {
		t.Fatalf("graft %v: exit code %d\n%s%s", args, exit, &out, &err)
	}
	return out.String()
}

// builtForEdge skips where the Worker's program was not built.
func builtForEdge(t testing.TB) {
	t.Helper()
	if err := newHost().Edge.Check(); err != nil {
		t.Skip(err)
	}
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		t.Skip("./build.sh installs workerd for linux/amd64 alone")
	}
}

// sentences are those of the demonstration.
var sentences = []string{
	"本季度公司营收同比增长20%,净利润超市场预期",
	"受宏观经济影响,公司核心业务板块出现15%的下滑",
	"新产品上线后用户活跃度提升30%,市场份额进一步扩大",
}

func jsonOf(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// prediction is a line of graft predict --json, and an item of /v1/classify.
type prediction struct {
	Text       string  `json:"text"`
	Label      string  `json:"label"`
	Confidence float64 `json:"confidence"`
}

// predicted are graft predict's answers.
func predicted(t testing.TB, args ...string) []prediction {
	t.Helper()
	var all []prediction
	for line := range strings.Lines(graft(t, append(append([]string{"predict", "--json"}, args...), sentences...)...)) {
		var p prediction
		if err := json.Unmarshal([]byte(line), &p); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		all = append(all, p)
	}
	return all
}

// kernelTolerance is how far probabilities of the kernels of a WebAssembly host may be from the native ones: the same sums in
// float32 in another order, through a tiny model.
const kernelTolerance = 1e-4

func alike(a, b float64, tolerance float64) bool { return a-b <= tolerance && b-a <= tolerance }

// TestWorker builds the Worker of examples/finance with two adapters, runs it in Cloudflare's runtime, and holds its answers to
// those of this machine.
func TestWorker(t *testing.T) {
	builtForEdge(t)
	findWorkerd(t)
	base, dir := root+"examples/finance/base", t.TempDir()
	adapters := []string{filepath.Join(dir, "finance"), filepath.Join(dir, "second")}
	var want [][]prediction
	for i, out := range adapters {
		graft(t, "train", "--config", root+"examples/finance/recipe.yaml", "--output-dir", out, "--max-steps", "4", "--learning-rate", "0.01", "--seed", fmt.Sprint(i+1), "--eval-strategy", "no", "--save-strategy", "no", "--load-best-model-at-end=false")
		want = append(want, predicted(t, "--model", base, "--adapter", out))
	}
	folder := filepath.Join(dir, "worker")
	graft(t, "edge", "build", "--model", base, "--adapter", adapters[0], "--adapter", "zweiter="+adapters[1], "--output-dir", folder)
	w := startWorker(t, folder)

	t.Run("before the engine", func(t *testing.T) { w.before(t) })
	t.Run("classify", func(t *testing.T) {
		for i, name := range []string{"finance", "zweiter", "finance"} { // swapped, and back
			w.classifies(t, name, want[i%2])
		}
	})
	t.Run("refuse", func(t *testing.T) { w.refuses(t) })
	t.Run("chat", func(t *testing.T) { w.chats(t) })
	t.Run("recover", func(t *testing.T) { w.recovers(t, want[0]) })
	if runtime.GOOS == "linux" {
		t.Logf("peak memory of workerd: %s", peak(w.Pid))
	}
}

func peak(pid int) string {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	line, _, _ := strings.Cut(rest, "\n")
	return strings.TrimSpace(line)
}

// health is what /healthz says.
type health struct {
	Status string
	Limit  int64                          `json:"memory_limit"`
	Plan   struct{ Total, Weights int64 } `json:"memory_plan"`
	Engine struct {
		Started bool
		Starts  int
		Error   string
		Memory  struct{ Engine, Kernels, Files, Total, Peak int64 }
	}
}

func (w *worker) health(t *testing.T) (h health) {
	t.Helper()
	status, text := w.send("/healthz", "", "")
	if err := json.Unmarshal([]byte(text), &h); err != nil || status != 200 {
		t.Fatalf("status %d: %v in %s", status, err, text)
	}
	return h
}

// before: the state and the models are told without starting the engine.
func (w *worker) before(t *testing.T) {
	if h := w.health(t); h.Status != "ok" || h.Engine.Started || h.Plan.Total < h.Plan.Weights || h.Plan.Weights == 0 || h.Plan.Total > h.Limit {
		t.Errorf("health: %+v", h)
	}
	if status, text := w.send("/v1/models", "stored", ""); status != 200 {
		t.Errorf("a key of the namespace: status %d %s", status, text)
	}
	var models struct{ Data []struct{ ID string } }
	w.ask("/v1/models", "", &models)
	if got := fmt.Sprint(models.Data); got != "[{base} {base:finance} {base:zweiter}]" {
		t.Errorf("models: %s", got)
	}
}

func (w *worker) classifies(t *testing.T, adapter string, want []prediction) {
	t.Helper()
	var got struct {
		Model string
		Data  []prediction
	}
	w.ask("/v1/classify", jsonOf(t, map[string]any{"model": "base:" + adapter, "input": sentences}), &got)
	if got.Model != "base:"+adapter || len(got.Data) != len(want) {
		t.Fatalf("%+v", got)
	}
	for i, p := range got.Data {
		if q := want[i]; p.Text != q.Text || p.Label != q.Label || !alike(p.Confidence, q.Confidence, kernelTolerance) {
			t.Errorf("%s answers %+v, and graft predict %+v", adapter, p, q)
		}
	}
	if h := w.health(t); !h.Engine.Started || h.Engine.Starts != 1 || h.Engine.Memory.Peak > h.Limit || h.Engine.Memory.Files != 0 {
		t.Errorf("health: %+v", h)
	}
}

func (w *worker) refuses(t *testing.T) {
	for _, test := range []struct {
		name, key, body string
		status          int
		code            string
	}{
		{"a wrong key", "lock", `{"input":"a"}`, 401, "invalid_api_key"},
		{"bad JSON", "key", `{"input":`, 400, "invalid_json"},
		{"an unknown adapter", "key", `{"input":"a","adapter":"law"}`, 404, "adapter_not_found"},
		{"too much", "key", `{"input":"` + strings.Repeat("a", 1<<20) + `"}`, 413, "request_too_large"},
		{"too many", "key", jsonOf(t, map[string]any{"input": slices.Repeat([]string{"a"}, 65)}), 413, "too_many_texts"},
		{"a base without a head", "key", `{"input":"a","model":"base"}`, 400, "invalid_input"},
	} {
		if status, text := w.send("/v1/classify", test.key, test.body); status != test.status || !strings.Contains(text, `"code":"`+test.code+`"`) {
			t.Errorf("%s: status %d %s, expected %d %s", test.name, status, text, test.status, test.code)
		}
	}
}

// chats asks for the same text whole and as a stream.
func (w *worker) chats(t *testing.T) {
	const body = `"model":"base","temperature":0,"max_tokens":12,"messages":[{"role":"user","content":"公司净利润"}]}`
	var whole struct {
		Choices []struct {
			Message struct{ Content string }
			Reason  string `json:"finish_reason"`
		}
		Usage struct {
			Prompt     int `json:"prompt_tokens"`
			Completion int `json:"completion_tokens"`
		}
	}
	w.ask("/v1/chat/completions", "{"+body, &whole)
	if len(whole.Choices) != 1 || whole.Choices[0].Message.Content == "" || whole.Usage.Prompt == 0 || whole.Usage.Completion < 2 {
		t.Fatalf("%+v", whole)
	}
	status, text := w.send("/v1/chat/completions", "key", `{"stream":true,`+body)
	events := strings.Split(strings.TrimSuffix(text, "\n\n"), "\n\n")
	if status != 200 || len(events) < 4 || events[len(events)-1] != "data: [DONE]" {
		t.Fatalf("status %d:\n%s", status, text)
	}
	said, reason := "", ""
	for _, e := range events[:len(events)-1] {
		var chunk struct {
			Choices []struct {
				Delta  struct{ Content string }
				Reason *string `json:"finish_reason"`
			}
		}
		if err := json.Unmarshal([]byte(strings.TrimPrefix(e, "data: ")), &chunk); err != nil || len(chunk.Choices) != 1 {
			t.Fatalf("%v in %s", err, e)
		}
		said += chunk.Choices[0].Delta.Content
		if r := chunk.Choices[0].Reason; r != nil {
			reason = *r
		}
	}
	if said != whole.Choices[0].Message.Content || reason != whole.Choices[0].Reason {
		t.Errorf("the stream says %q (%s), the whole answer %q (%s)", said, reason, whole.Choices[0].Message.Content, whole.Choices[0].Reason)
	}
}

// recovers: a ruined engine costs one request.
func (w *worker) recovers(t *testing.T, want []prediction) {
	w.send("/test/ruin", "", "")
	body := jsonOf(t, map[string]any{"input": sentences})
	status, text := w.send("/v1/classify", "key", body)
	if status != 503 || !strings.Contains(text, `"code":"crashed"`) {
		t.Fatalf("a ruined engine: status %d %s", status, text)
	}
	if h := w.health(t); h.Engine.Started || h.Status != "failing" || h.Engine.Error == "" {
		t.Errorf("health after it: %+v", h)
	}
	var got struct{ Data []prediction }
	w.ask("/v1/classify", body, &got)
	if len(got.Data) != len(want) || got.Data[0].Label != want[0].Label || !alike(got.Data[0].Confidence, want[0].Confidence, kernelTolerance) {
		t.Errorf("the new engine answers %+v, expected %+v", got.Data, want)
	}
	if h := w.health(t); h.Status != "ok" || h.Engine.Starts != 2 {
		t.Errorf("health of the new engine: %+v", h)
	}
}

// embedTolerance is how far components of a vector may be from the native ones.
const embedTolerance = 1e-5

// TestWorkerStores runs an encoder whose weights come from the Worker's own script, with too little memory too, and from a bucket in
// which a piece is changed and then missing.
func TestWorkerStores(t *testing.T) {
	builtForEdge(t)
	findWorkerd(t)
	const model = root + "shared/engine/testdata/sentence/plain"
	var want struct{ Embedding []float64 }
	if err := json.Unmarshal([]byte(graft(t, "embed", "--model", model, "the profit rose")), &want); err != nil {
		t.Fatal(err)
	}
	embeds := func(t *testing.T, w *worker) {
		t.Helper()
		var got struct {
			Data []struct{ Embedding []float64 }
		}
		w.ask("/v1/embeddings", `{"input":["other","the profit rose"]}`, &got)
		if len(got.Data) != 2 || len(got.Data[1].Embedding) != len(want.Embedding) {
			t.Fatalf("%+v", got)
		}
		for i, x := range got.Data[1].Embedding {
			if !alike(x, want.Embedding[i], embedTolerance) {
				t.Fatalf("component %d is %g, and graft embed gives %g", i, x, want.Embedding[i])
			}
		}
	}
	t.Run("bundle", func(t *testing.T) {
		folder := filepath.Join(t.TempDir(), "worker")
		graft(t, "edge", "build", "--model", model, "--weights", "bundle", "--output-dir", folder)
		embeds(t, startWorker(t, folder))

		w := startWorker(t, folder, `(name = "GRAFT_MEMORY_LIMIT", text = "1000000")`)
		if status, text := w.send("/v1/embeddings", "key", `{"input":"a"}`); status != 503 || !strings.Contains(text, "no_memory") || !strings.Contains(text, "1000000") {
			t.Errorf("with too little memory: status %d %s", status, text)
		}
	})
	t.Run("r2", func(t *testing.T) {
		folder := filepath.Join(t.TempDir(), "worker")
		graft(t, "edge", "build", "--model", model, "--weights", "r2", "--store", "models", "--output-dir", folder)
		w := startWorker(t, folder, `(name = "FAKE_R2", text = "1")`)
		largest := largestFile(t, filepath.Join(folder, "weights"))
		right, err := os.ReadFile(largest)
		if err != nil {
			t.Fatal(err)
		}
		changed := bytes.Clone(right)
		changed[len(changed)/2] ^= 1
		for _, fault := range []struct {
			do   func() error
			want string
		}{
			{func() error { return os.WriteFile(largest, changed, 0o666) }, "has the SHA-256"},
			{func() error { return os.Remove(largest) }, "run weights/upload.sh"},
		} {
			if err := fault.do(); err != nil {
				t.Fatal(err)
			}
			if status, text := w.send("/v1/embeddings", "key", `{"input":"a"}`); status < 400 || !strings.Contains(text, fault.want) {
				t.Errorf("status %d %s, expected %q", status, text, fault.want)
			}
		}
		if err := os.WriteFile(largest, right, 0o666); err != nil {
			t.Fatal(err)
		}
		embeds(t, w)
	})
}

func largestFile(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	name, size := "", int64(-1)
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Size() > size && e.Name() != "upload.sh" {
			name, size = filepath.Join(dir, e.Name()), info.Size()
		}
	}
	return name
}
