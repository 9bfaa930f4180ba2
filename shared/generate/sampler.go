package generate

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// Sampling says how a token is chosen. The zero value is greedy: the most likely one. The others narrow the choice, in this
// order and with the meaning they have in transformers.
type Sampling struct {
	RepetitionPenalty float64 // of tokens in the prompt or said before: a logit below 0 is multiplied by it, another divided (arXiv 1909.05858); 0 or 1: none
	Temperature       float64 // logits are divided by it; 0: the most likely token, of equals that with the lowest id
	TopK              int     // keep this many of the most likely, and those as likely as the last; 0: all
	TopP              float64 // keep the fewest of the most likely that are this likely together (arXiv 1904.09751); 0 or 1: all
	MinP              float64 // keep those at least this share as likely as the most likely (arXiv 2407.01082); 0: all
	Seed              uint64  // of the choice: the same seed makes the same choices
}

// Check reports options out of their range.
func (o *Sampling) Check() error {
	finite := func(v float64) bool { return v >= 0 && v <= math.MaxFloat32 }
	switch {
	case !finite(o.Temperature):
		return fmt.Errorf("temperature is %v, expected 0 or more", o.Temperature)
	case o.TopK < 0:
		return fmt.Errorf("top_k is %d, expected 0 or more", o.TopK)
	case !(o.TopP >= 0 && o.TopP <= 1):
		return fmt.Errorf("top_p is %v, expected 0 to 1", o.TopP)
	case !(o.MinP >= 0 && o.MinP <= 1):
		return fmt.Errorf("min_p is %v, expected 0 to 1", o.MinP)
	case !finite(o.RepetitionPenalty):
		return fmt.Errorf("repetition_penalty is %v, expected more than 0", o.RepetitionPenalty)
	}
	return nil
}

// Candidate is a token that may be chosen and how likely it is.
type Candidate struct {
	ID int32
	P  float64
}

// Sampler chooses the tokens of one sequence. It is not for use by several goroutines at once.
type Sampler struct {
	o      Sampling
	random *rand.PCG
	seen   []int32 // what the repetition penalty applies to, each id once
	known  map[int32]bool

	logits []float32 // scratch: after penalty and temperature
	sorted []float32 // scratch of kth
	kept   []Candidate
}

// NewSampler starts a sequence after a prompt. The options are known to be right (see Check).
func NewSampler(o Sampling, prompt []int32) *Sampler {
	s := &Sampler{o: o, random: rand.NewPCG(o.Seed, 0x73616d70)} // "samp"
	if s.penalises() {
		s.known = map[int32]bool{}
		for _, id := range prompt {
			s.saw(id)
		}
	}
	return s
}

func (s *Sampler) penalises() bool { return s.o.RepetitionPenalty != 0 && s.o.RepetitionPenalty != 1 }

func (s *Sampler) saw(id int32) {
	if s.penalises() && !s.known[id] {
		s.known[id] = true
		s.seen = append(s.seen, id)
	}
}

// Next chooses a token. The error is that of logits that are not numbers, or that forbid every token.
func (s *Sampler) Next(logits []float32) (int32, error) {
	candidates, err := s.Distribution(logits)
	if err != nil {
		return 0, err
	}
	id := candidates[0].ID
	if len(candidates) > 1 {
		left := float64(s.random.Uint64()>>11) * 0x1p-53 // uniform in [0, 1)
		for _, c := range candidates {                   // rounding may leave a rest: then it is the last
			id = c.ID
			if left -= c.P; left < 0 {
				break
			}
		}
	}
	s.saw(id)
	return id, nil
}

// Distribution is what Next would choose from: the tokens left and their probabilities, which sum to 1. It is valid until the next call.
func (s *Sampler) Distribution(logits []float32) ([]Candidate, error) {
	s.logits = append(s.logits[:0], logits...)
	for _, id := range s.seen {
		if id >= 0 && int(id) < len(s.logits) {
			if l := s.logits[id]; l < 0 {
				s.logits[id] = l * float32(s.o.RepetitionPenalty)
			} else {
				s.logits[id] = l / float32(s.o.RepetitionPenalty)
			}
		}
	}
	best, err := argmax(s.logits)
	if err != nil {
		return nil, err
	}
	if s.o.Temperature == 0 {
		s.kept = append(s.kept[:0], Candidate{best, 1})
		return s.kept, nil
	}
	if t := float32(s.o.Temperature); t != 1 {
		for i := range s.logits {
			s.logits[i] /= t
		}
	}
	least := float32(math.Inf(-1))
	if k := s.o.TopK; k > 0 && k < len(s.logits) {
		least = s.kth(k)
	}
	s.softmax(s.logits[best], least)
	if s.o.TopP > 0 && s.o.TopP < 1 {
		s.nucleus(s.o.TopP)
	}
	if s.o.MinP > 0 {
		most := 0.0
		for _, c := range s.kept {
			most = max(most, c.P)
		}
		s.kept = slices.DeleteFunc(s.kept, func(c Candidate) bool { return c.P < s.o.MinP*most })
	}
	normalise(s.kept)
	return s.kept, nil
}

// errLogits are what Next says of logits from which nothing can be chosen.
var (
	errNaN       = errors.New("logits are not numbers")
	errForbidden = errors.New("logits forbid every token")
)

// argmax is the lowest id of the largest logit.
func argmax(logits []float32) (int32, error) {
	best, most := -1, float32(math.Inf(-1))
	for i, l := range logits {
		if l > most {
			best, most = i, l
		} else if l != l {
			return 0, fmt.Errorf("%w: that of token %d is NaN", errNaN, i)
		}
	}
	if best < 0 {
		return 0, errForbidden
	}
	if math.IsInf(float64(most), 1) {
		return 0, fmt.Errorf("%w: that of token %d is infinite", errNaN, best)
	}
	return int32(best), nil
}

// kth is the k-th largest logit, 0 < k < len, found by quickselect (Hoare 1961): logits over it come to the front of the scratch.
func (s *Sampler) kth(k int) float32 {
	s.sorted = append(s.sorted[:0], s.logits...)
	x := s.sorted
	low, high := 0, len(x)-1
	for low < high {
		pivot := x[low+(high-low)/2]
		i, j := low, high
		for i <= j {
			for x[i] > pivot {
				i++
			}
			for x[j] < pivot {
				j--
			}
			if i <= j {
				x[i], x[j] = x[j], x[i]
				i++
				j--
			}
		}
		switch {
		case k-1 <= j:
			high = j
		case k-1 >= i:
			low = i
		default:
			return x[k-1]
		}
	}
	return x[k-1]
}

// softmax keeps the tokens with a logit of at least least and gives them their probabilities.
func (s *Sampler) softmax(most, least float32) {
	s.kept = s.kept[:0]
	for i, l := range s.logits {
		if l >= least {
			if p := math.Exp(float64(l - most)); p > 0 {
				s.kept = append(s.kept, Candidate{int32(i), p})
			}
		}
	}
	normalise(s.kept)
}

// nucleus keeps the most likely tokens, each as long as those before it have less than p together. They are sorted by then.
func (s *Sampler) nucleus(p float64) {
	// All tokens with at most (1-p)/n have at most 1-p together, so none of them is kept: most of a vocabulary need not be sorted.
	threshold := (1 - p) / float64(len(s.kept)) * (1 - 1e-9) // less a margin for rounding
	s.kept = slices.DeleteFunc(s.kept, func(c Candidate) bool { return c.P < threshold })
	slices.SortFunc(s.kept, func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(b.P, a.P), cmp.Compare(a.ID, b.ID))
	})
	before := 0.0
	for i, c := range s.kept {
		if before >= p {
			s.kept = s.kept[:i]
			return
		}
		before += c.P
	}
}

func normalise(c []Candidate) {
	sum := 0.0
	for i := range c {
		sum += c[i].P
	}
	for i := range c {
		c[i].P /= sum
	}
}
