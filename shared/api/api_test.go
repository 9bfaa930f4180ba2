package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"testing"
)

// The keys of the border. A change here breaks those on the other side.
func TestKeys(t *testing.T) {
	for _, test := range []struct {
		value any
		want  string
	}{
		{Prediction{"营收增长", "正面", 1, 0.75, map[string]float64{"正面": 0.75, "负面": 0.25}},
			`{"text":"营收增长","label":"正面","label_id":1,"confidence":0.75,"probabilities":{"正面":0.75,"负面":0.25}}`},
		{Generation{"p", "t", FinishLength, 1, 2, 3, 4},
			`{"prompt":"p","text":"t","finish_reason":"length","prompt_tokens":1,"completion_tokens":2,"first_token_ms":3,"tokens_per_second":4}`},
		{Chunk{Text: "t", ID: 7}, `{"text":"t","id":7}`},
		{GenerateRequest{Messages: []Message{{"user", "q"}}, MaxNewTokens: 5}, `{"messages":[{"role":"user","content":"q"}],"max_new_tokens":5}`},
		{Event{Eval: &EvalResult{Step: 2, Epoch: 1, Loss: 0.5, Metrics: map[string]float64{"f1": 1}, Best: true, Seconds: 3}},
			`{"eval":{"step":2,"epoch":1,"eval_loss":0.5,"metrics":{"f1":1},"best":true,"seconds":3}}`},
		{Event{Step: &TrainStep{Step: 1, Steps: 2, Epoch: 0.5, Loss: 3, LearningRate: 4, GradNorm: 5, Tokens: 6, Seconds: 7}},
			`{"train_step":{"step":1,"steps":2,"epoch":0.5,"loss":3,"learning_rate":4,"grad_norm":5,"tokens":6,"seconds":7,"clipped":false}}`},
		{Event{Progress: &Progress{"load", 1, 2, "bytes"}}, `{"progress":{"phase":"load","done":1,"total":2,"unit":"bytes"}}`},
		{Errorf(Mismatch, "adapter is of another base"), `{"code":"mismatch","message":"adapter is of another base"}`},
	} {
		got, err := json.Marshal(test.value)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != test.want {
			t.Errorf("got\n%s\nexpected\n%s", got, test.want)
		}
	}
}

func TestCodes(t *testing.T) {
	coded := Errorf(NotFound, "model %q: %w", "m", fs.ErrNotExist)
	for _, test := range []struct {
		err  error
		want Code
	}{
		{nil, ""},
		{coded, NotFound},
		{fmt.Errorf("train: %w", coded), NotFound},
		{fmt.Errorf("step 3: %w", context.Canceled), Cancelled},
		{context.DeadlineExceeded, Cancelled},
		{errors.New("odd"), Internal},
		{Wrap(InvalidInput, errors.New("odd")), InvalidInput},
		{Wrap(InvalidInput, fmt.Errorf("train: %w", coded)), NotFound},
		{Wrap(InvalidInput, nil), ""},
	} {
		if got := CodeOf(test.err); got != test.want {
			t.Errorf("%v has the code %q, expected %q", test.err, got, test.want)
		}
	}
	if !errors.Is(coded, fs.ErrNotExist) || coded.Error() != `model "m": file does not exist` {
		t.Errorf("%v does not wrap its cause", coded)
	}
	if e := From(fmt.Errorf("train: %w", coded)); e.Code != NotFound || e.Message != `train: model "m": file does not exist` || From(nil) != nil {
		t.Errorf("at the border: %+v", e)
	}
	seen := map[Code]bool{}
	for _, c := range Codes {
		if seen[c] {
			t.Errorf("code %s twice", c)
		}
		seen[c] = true
	}
}
