package generate

import (
	"fmt"
	"slices"
)

// Text is one text as it is said, for those who feed the model themselves: it chooses the tokens and knows when it is done.
type Text struct {
	r       Request
	sampler *Sampler
	stops   stopper
	decoder Decoder
	said    int       // tokens
	masked  []float32 // scratch
}

// NewText starts a text. The request is known to be right (see Check).
func NewText(r Request, d Decoder) *Text {
	return &Text{r: r, sampler: NewSampler(r.Sampling, r.Prompt), stops: stopper{stops: r.Stop}, decoder: d}
}

// Next chooses the token that follows from the logits after those before it. The last token has a Finish.
func (x *Text) Next(logits []float32) (Token, error) {
	x.said++
	id, ended, err := x.choose(logits)
	if err != nil {
		return Token{}, fmt.Errorf("token %d: %w", x.said, err)
	}
	t := Token{ID: id}
	switch {
	case slices.Contains(x.r.EOS, id):
		t.Finish = EOS
	case ended:
		t.Finish = Stop
	case x.said == x.r.MaxNewTokens:
		t.Finish = Length
	}
	piece := ""
	if t.Finish != EOS {
		piece = x.decoder.Next(id)
	}
	if t.Finish != Running {
		piece += x.decoder.Flush()
	}
	var stopped bool
	if t.Text, stopped = x.stops.push(piece); stopped {
		t.Finish = Stop
	} else if t.Finish != Running {
		t.Text += x.stops.flush()
	}
	return t, nil
}

// choose draws a token among those the form allows; ended tells that nothing may follow it.
func (x *Text) choose(logits []float32) (id int32, ended bool, err error) {
	c := x.r.Constraint
	if c == nil {
		id, err = x.sampler.Next(logits)
		return id, false, err
	}
	x.masked = append(x.masked[:0], logits...)
	if err := c.Mask(x.masked, x.r.MaxNewTokens-x.said+1); err != nil {
		return 0, false, err
	}
	if id, err = x.sampler.Next(x.masked); err != nil || slices.Contains(x.r.EOS, id) {
		return id, false, err
	}
	ended, err = c.Accept(id)
	return id, ended, err
}
