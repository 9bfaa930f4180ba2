package trial

import (
	"strings"

	"graft/shared/api"
)

// most is a verdict by what something took and the most it may.
func most(took float64, a *Assertion, what, unit string) verdict {
	return say(took <= *a.Threshold, "%s is %.4g %s, expected at most %g", what, took, unit, *a.Threshold)
}

func latency(c *checking, a *Assertion) (verdict, error) {
	return most(c.answer.MS, a, "latency", "ms"), nil
}

// cost is in dollars: what is answered on this machine costs none.
func cost(_ *checking, a *Assertion) (verdict, error) { return most(0, a, "cost", "dollars"), nil }

func tokens(c *checking, a *Assertion) (verdict, error) {
	return most(float64(c.answer.CompletionTokens), a, "the answer", "tokens"), nil
}

// finishReason compares why an answer ended; promptfoo says stop for every end but that by length.
func finishReason(c *checking, a *Assertion) (verdict, error) {
	got, want := c.answer.FinishReason, strings.ToLower(said(a.Value))
	same := got == want || want == "stop" && got == api.FinishEOS
	return say(same, "ended by %s, expected %s", got, want), nil
}
