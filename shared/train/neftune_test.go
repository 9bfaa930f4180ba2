package train_test

import (
	"testing"

	"graft/shared/train"
)

// TestNoiseIsForTrainingOnly: noise changes the first step's loss and nothing of an evaluation.
func TestNoiseIsForTrainingOnly(t *testing.T) {
	first := func(alpha float64) (loss float64, eval map[string]float64) {
		o := toy(t, nil)
		o.Arguments.NEFTuneNoiseAlpha, o.Arguments.SaveStrategy, o.Arguments.LoadBestModelAtEnd = alpha, "no", false
		tr, err := train.New(o)
		if err != nil {
			t.Fatal(err)
		}
		defer tr.Close()
		if eval, err = tr.Evaluate(t.Context()); err != nil {
			t.Fatal(err)
		}
		for e, err := range tr.Run(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			loss = e.Loss
			break
		}
		return loss, eval
	}
	plain, evalPlain := first(0)
	noisy, evalNoisy := first(5)
	if plain == noisy {
		t.Errorf("the first loss is %g with and without noise", plain)
	}
	if evalPlain["eval_loss"] != evalNoisy["eval_loss"] {
		t.Errorf("noise changed the evaluation from %g to %g", evalPlain["eval_loss"], evalNoisy["eval_loss"])
	}
}
