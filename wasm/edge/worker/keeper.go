//go:build js && wasm

package main

import (
	"context"
	"encoding/json"
	"syscall/js"

	"graft/shared/api"
	"graft/wasm/edge"
)

// keeper is the engine of ../js/keeper.mjs. Requests and answers are messages of engine.wasm's protocol.
type keeper struct {
	object  js.Value
	context js.Value // of this request: env and ctx
}

var _ edge.Engine = keeper{}

func openKeeper() keeper {
	return keeper{js.Global().Get("graft"), js.Global().Get("context")}
}

func (k keeper) catalog() []byte { return []byte(k.object.Get("catalog").String()) }

// Status tells what there is of the engine.
func (k keeper) Status(context.Context) (s edge.Status, err error) {
	return s, json.Unmarshal([]byte(k.object.Call("status").String()), &s)
}

// protocol is the version of engine.wasm's messages that is spoken here.
const protocol = 1

// message is a request or an answer with one method.
type message map[string]json.RawMessage

// call sends params to a method and reads its answer into result. instance is the engine that must answer, 0 for any; the
// one that did is returned.
func (k keeper) call(ctx context.Context, instance int, method string, params, result any) (int, error) {
	body, err := json.Marshal(map[string]any{"protocol": protocol, method: params})
	if err != nil {
		return 0, err
	}
	v, err := await(ctx, k.object.Call("call", k.context, method, string(body), instance))
	if err != nil {
		return 0, err
	}
	var m message
	if err := json.Unmarshal([]byte(v.Get("answer").String()), &m); err != nil {
		return 0, err
	}
	if e, ok := m["error"]; ok {
		coded := new(api.Error)
		if err := json.Unmarshal(e, coded); err != nil {
			return 0, err
		}
		return 0, coded
	}
	return v.Get("instance").Int(), json.Unmarshal(m[method], result)
}

// Classify classifies texts.
func (k keeper) Classify(ctx context.Context, adapter string, texts []string) (out edge.Classes, err error) {
	var answer struct {
		Predictions []api.Prediction `json:"predictions"`
	}
	_, err = k.call(ctx, 0, "classify", map[string]any{"texts": texts, "adapter": adapter}, &answer)
	out.Predictions = answer.Predictions
	return out, err
}

// Embed makes vectors of texts.
func (k keeper) Embed(ctx context.Context, adapter string, texts []string) (out edge.Vectors, err error) {
	var answer struct {
		Vectors [][]float32 `json:"vectors"`
		Tokens  int         `json:"tokens"`
	}
	_, err = k.call(ctx, 0, "embed", map[string]any{"texts": texts, "adapter": adapter}, &answer)
	out.Vectors, out.Tokens = answer.Vectors, answer.Tokens
	return out, err
}

// Generate starts an answer.
func (k keeper) Generate(ctx context.Context, r api.GenerateRequest) (edge.Answer, error) {
	var started struct {
		Handle       int `json:"handle"`
		PromptTokens int `json:"prompt_tokens"`
	}
	instance, err := k.call(ctx, 0, "start", r, &started)
	if err != nil {
		return nil, err
	}
	return &answer{k, instance, started.Handle, started.PromptTokens, false}, nil
}

// answer is a text that the engine writes.
type answer struct {
	keeper
	instance, handle, prompt int
	done                     bool
}

func (a *answer) PromptTokens() int { return a.prompt }

func (a *answer) Next(ctx context.Context) ([]api.Chunk, error) {
	var step struct {
		Chunks []api.Chunk `json:"chunks"`
		Done   bool        `json:"done"`
	}
	_, err := a.call(ctx, a.instance, "step", map[string]int{"handle": a.handle, "tokens": 1}, &step)
	a.done = step.Done || err != nil
	return step.Chunks, err
}

// Close ends the text, if it has not ended. The request's own context may be over, so it has no part in it.
func (a *answer) Close() {
	if !a.done {
		a.call(context.Background(), a.instance, "cancel", map[string]int{"handle": a.handle}, &struct{}{})
	}
}
