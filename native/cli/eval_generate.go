package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"graft/shared/api"
	"graft/shared/dataset"
	"graft/shared/engine"
	"graft/shared/eval"
	"graft/shared/tensor"
)

// written is a row of answers that were generated, as --predictions reads it.
type written struct {
	Prompt     string `json:"prompt"`
	Prediction string `json:"prediction"`
	Reference  string `json:"reference"`
}

// question is what a row asks and the answer it holds.
func question(r dataset.Row) (ask api.GenerateRequest, reference string, err error) {
	switch last := len(r.Messages) - 1; {
	case r.Completion != "":
		return api.GenerateRequest{Prompt: r.Prompt}, r.Completion, nil
	case last > 0 && r.Messages[last].Role == "assistant":
		for _, m := range r.Messages[:last] {
			ask.Messages = append(ask.Messages, api.Message{Role: m.Role, Content: m.Content})
		}
		return ask, r.Messages[last].Content, nil
	}
	return ask, "", fmt.Errorf("nothing to compare an answer with, expected prompt and completion, or messages that end with the assistant's")
}

// generated answers every row by the likeliest text, to be compared with the answer it holds.
func (e *evaluation) generated(ctx context.Context, b *engine.Base, ad *engine.Adapter, table *dataset.Table) (*eval.Records, error) {
	g := b.Generator(ad, tensor.F16)
	defer g.Close()
	var lines bytes.Buffer
	w := json.NewEncoder(&lines)
	w.SetEscapeHTML(false)
	bar := e.err.Bar(e.lang.of(text{"answering", "作答"}), e.lang.of(text{"texts", "文本"}), int64(len(table.Rows)))
	defer bar.End()
	for i, r := range table.Rows {
		ask, reference, err := question(r)
		if err == nil {
			var answer api.Generation
			ask.MaxNewTokens = e.maxNewTokens
			if answer, err = g.Generate(ctx, ask); err == nil {
				err = w.Encode(written{r.Prompt, answer.Text, reference})
			}
		}
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", table.Name, r.Line, err)
		}
		bar.Set(int64(i+1), 0)
	}
	return eval.ReadRecords(&lines, "answers.jsonl")
}
