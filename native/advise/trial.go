package advise

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
)

// Candidate is a variant that a trial measures.
type Candidate struct {
	Name   string
	Advice *Advice
}

// Space is what the candidates of a search are taken from.
type Space struct {
	Methods []string                    // beside the advised one
	Ranks   []int                       // of LoRA and its kin
	Rate    func(method string) float64 // the usual learning rate of a method
	Seed    uint64                      // of what is drawn
}

// The kinds of methods by what their settings are.
var (
	loraKind   = []string{"LORA", "QLORA", "DORA", "RSLORA", "PISSA", "OLORA", "LORAPLUS"}
	promptKind = []string{"PREFIX_TUNING", "PROMPT_TUNING", "P_TUNING"}
	ofLoRA     = []string{"r", "lora_alpha", "lora_dropout", "target_modules", "use_rslora", "load_in_4bit", "bnb_4bit_use_double_quant"}
	ofPrompts  = []string{"num_virtual_tokens", "prompt_tuning_init_text"}
)

// promptLengths are the virtual tokens that are drawn from.
var promptLengths = []int{8, 20, 50}

// Candidates are n variants, the likeliest first: the advice, its learning rate three times as high and a third of it, the other
// methods at their usual rates, LoRA on attention alone, and then what is drawn. The first m of n candidates are the
// first m of any other number.
func (a *Advice) Candidates(n int, s Space) []Candidate {
	var list []Candidate
	add := func(b *Advice) {
		if len(list) < n && !slices.ContainsFunc(list, func(c Candidate) bool { return slices.Equal(c.Advice.Settings, b.Settings) }) {
			list = append(list, Candidate{b.name(), b})
		}
	}
	add(a)
	rate, err := strconv.ParseFloat(a.Get("learning_rate"), 64)
	if err != nil {
		return list
	}
	if len(s.Methods) == 0 || slices.Contains(s.Methods, a.Method) {
		add(a.With(Setting{"learning_rate", digits(rate * 3)}))
		add(a.With(Setting{"learning_rate", digits(rate / 3)}))
	}
	for _, m := range s.Methods {
		if m != a.Method {
			add(a.as(m, s.Rate(m)))
		}
	}
	if a.Method == "LORA" && a.Get("target_modules") == "all-linear" {
		add(a.With(Setting{"target_modules", "[q_proj, v_proj]"}))
	}
	methods := s.Methods
	if len(methods) == 0 {
		methods = []string{a.Method}
	}
	r := rand.New(rand.NewPCG(s.Seed, 0x7472_6961_6c73))
	for tries := 0; len(list) < n && tries < 100*n; tries++ {
		add(a.draw(r, methods[r.IntN(len(methods))], s, rate))
	}
	return list
}

// widest is how far a drawn learning rate is from the usual one at most, either way.
const widest = 5

// draw makes a variant by chance: a method, a learning rate about its usual one, a rank or a number of virtual tokens.
func (a *Advice) draw(r *rand.Rand, method string, s Space, rate float64) *Advice {
	if method != a.Method {
		rate = s.Rate(method)
	}
	b := a.as(method, rate*math.Exp((2*r.Float64()-1)*math.Log(widest)))
	switch {
	case slices.Contains(loraKind, method) && len(s.Ranks) > 0:
		b.set("r", s.Ranks[r.IntN(len(s.Ranks))])
	case slices.Contains(promptKind, method):
		b.set("num_virtual_tokens", promptLengths[r.IntN(len(promptLengths))])
	}
	return b
}

// Near is a variant of an advice by chance: half to twice its learning rate, and half to twice its rank.
func (a *Advice) Near(r *rand.Rand) Candidate {
	rate, err := strconv.ParseFloat(a.Get("learning_rate"), 64)
	if err != nil {
		return Candidate{a.name(), a}
	}
	b := a.With(Setting{"learning_rate", digits(rate * math.Exp((2*r.Float64()-1)*math.Ln2))})
	if rank, err := strconv.Atoi(a.Get("r")); err == nil {
		b.set("r", max(1, []int{rank / 2, rank, 2 * rank}[r.IntN(3)]))
	}
	return Candidate{b.name(), b}
}

// as is the advice with another method, whose own settings are the usual ones.
func (a *Advice) as(method string, rate float64) *Advice {
	b := a.With(Setting{"peft_type", method}, Setting{"learning_rate", digits(rate)})
	had := slices.Contains(loraKind, a.Method)
	switch wants := slices.Contains(loraKind, method); {
	case wants && !had:
		b.set("r", 8)
		b.set("lora_alpha", 32)
		b.set("target_modules", "all-linear")
	case !wants:
		b.drop(ofLoRA)
	}
	if !slices.Contains(promptKind, method) {
		b.drop(ofPrompts)
	}
	return b
}

// drop takes settings out.
func (a *Advice) drop(keys []string) {
	a.Settings = slices.DeleteFunc(a.Settings, func(s Setting) bool { return slices.Contains(keys, s.Key) })
}

// name says what a variant is.
func (a *Advice) name() string {
	s := a.Method
	if a.Get("load_in_4bit") == "true" && s == "LORA" {
		s = "QLORA"
	}
	if r := a.Get("r"); r != "" {
		s += " r " + r
	}
	if n := a.Get("num_virtual_tokens"); n != "" {
		s += " of " + n
	}
	if m := a.Get("target_modules"); m != "" && m != "all-linear" {
		s += " on " + m
	}
	return s + ", learning_rate " + a.Get("learning_rate")
}
