package browser_test

import (
	"encoding/json"
	"fmt"
	"math"
	"testing"

	"graft/shared/api"
)

// open is JavaScript that opens the model of models.json with its adapters as g; options are further ones of open.
func open(options string) string {
	return fmt.Sprintf(`
		const { open, support, GraftError } = await import("./graft.mjs");
		const [model] = (await (await fetch("models.json")).json()).models;
		const adapters = Object.fromEntries(model.adapters.map((a) => [a.name, a]));
		const g = await open({ model, adapters, loadIn4Bit: model.load_in_4bit, threads: 1, ...%s });
		const failure = async (f) => { try { await f(); } catch (e) { return { name: e.name, code: typeof e.code === "string" ? e.code : "", message: e.message }; } return { name: "", code: "", message: "" }; };
	`, options)
}

// failure is an error as the page sees it.
type failure struct{ Name, Code, Message string }

func blank(t *testing.T, more map[string][]byte) (*visitor, *server, *tab) {
	v := newVisitor(t)
	s := serve(t, newSite(t, more))
	return v, s, v.open(s.URL + "/blank.html")
}

// TestThreadsAgree compares logits of one thread and of two, and of plain and relaxed SIMD.
func TestThreadsAgree(t *testing.T) {
	_, _, p := blank(t, nil)
	input, err := json.Marshal(texts)
	must(t, err)
	logits := func(options string) (all [][]float64, kernels string) {
		got := ask[struct {
			Logits  [][]float64
			Kernels string
			Threads int
		}](p, open(options)+`const all = await g.classify(`+string(input)+`, { adapter: "adapter0", logits: true });
			const { kernels, threads } = g.info; g.close();
			return { logits: all.map((p) => p.logits), kernels, threads };`)
		if len(got.Logits) != len(texts) {
			t.Fatalf("%s: %d rows", options, len(got.Logits))
		}
		return got.Logits, got.Kernels
	}
	one, kernels := logits(`{threads: 1}`)
	two, many := logits(`{threads: 2}`)
	plain, name := logits(`{relaxed: false}`)
	if kernels+"_mt" != many || name != "kernels_simd" {
		t.Errorf("kernels %s, %s, %s", kernels, many, name)
	}
	for i := range one {
		for j := range one[i] {
			if one[i][j] != two[i][j] {
				t.Errorf("%s: logit %d is %v with one thread, %v with two", texts[i], j, one[i][j], two[i][j])
			}
			if math.Abs(one[i][j]-plain[i][j]) > closeness*max(1, math.Abs(one[i][j])) {
				t.Errorf("%s: logit %d is %v with %s, %v with %s", texts[i], j, one[i][j], kernels, plain[i][j], name)
			}
		}
	}
}

// TestWriting writes, streams, stops between tokens, and keeps a conversation.
func TestWriting(t *testing.T) {
	_, _, p := blank(t, nil)
	got := ask[struct {
		Whole, Streamed, Again string
		Stopped                failure
		Before                 int
		Handles                []int
		Messages               []api.Message
		Choice                 string
	}](p, open(`{}`)+`
		const whole = await g.prompt("公司营收", { raw: true, maxTokens: 12 });
		let streamed = "";
		for await (const text of g.promptStreaming("公司营收", { raw: true, maxTokens: 12 })) streamed += text;
		const control = new AbortController();
		let before = 0;
		const stopped = await failure(async () => {
			for await (const text of g.promptStreaming("公司营收", { raw: true, maxTokens: 400, signal: control.signal })) if (++before === 3) control.abort();
		});
		const again = await g.prompt("公司营收", { raw: true, maxTokens: 12 });
		const { handles } = await g.engine("state");
		const s = g.session({ maxTokens: 4 });
		await s.prompt("你好");
		const choice = await g.prompt("公司营收", { raw: true, responseConstraint: ["增长", "下降"] });
		return { whole, streamed, again, stopped, before, handles: handles ?? [], messages: s.messages, choice };`)
	if got.Whole == "" || got.Streamed != got.Whole || got.Again != got.Whole {
		t.Errorf("whole %q, streamed %q, after a stop %q", got.Whole, got.Streamed, got.Again)
	}
	if got.Stopped.Name != "AbortError" || got.Before < 3 || got.Before > 5 || len(got.Handles) != 0 {
		t.Errorf("stopped by %+v after %d texts, open handles %v", got.Stopped, got.Before, got.Handles)
	}
	if len(got.Messages) != 2 || got.Messages[0].Content != "你好" || got.Messages[1].Role != "assistant" {
		t.Errorf("the conversation is %+v", got.Messages)
	}
	if got.Choice != "增长" && got.Choice != "下降" {
		t.Errorf("of two choices it took %q", got.Choice)
	}
}

// TestAdapters adds, changes by the request, and removes adapters.
func TestAdapters(t *testing.T) {
	_, _, p := blank(t, nil)
	a := adaptersOf(t)
	input, err := json.Marshal(texts[0])
	must(t, err)
	got := ask[struct {
		Names   []string
		Answers []api.Prediction
		Gone    failure
		Stored  []struct {
			Name   string
			SHA256 string
		}
		Kind string
	}](p, open(`{adapters: {}}`)+`
		const names = [], answers = [];
		for (const a of model.adapters) await g.adapters.add(a.name, a);
		for (const a of await g.adapters.list()) names.push(a.name);
		for (const adapter of ["adapter0", "adapter1", "adapter0"]) answers.push(await g.classify(`+string(input)+`, { adapter }));
		await g.adapters.remove("adapter1");
		const gone = await failure(() => g.classify("x", { adapter: "adapter1" }));
		const { kind, entries } = await g.store.list();
		return { names, answers, gone, stored: entries, kind };`)
	if fmt.Sprint(got.Names) != "[adapter0 adapter1]" || len(got.Answers) != 3 {
		t.Fatalf("%+v", got)
	}
	for i, which := range []int{0, 1, 0} {
		same(t, got.Answers[i], a.predictions[which][0])
	}
	if got.Gone.Code == "" {
		t.Errorf("an adapter that was removed answers")
	}
	if got.Kind != "opfs" || len(got.Stored) != 4+2*3-1 { // adapter_config.json of both is the same file
		t.Errorf("%d files are stored in %s: %+v", len(got.Stored), got.Kind, got.Stored)
	}
}
