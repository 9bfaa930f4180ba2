package api

// DecideRequest asks which of several texts follows Prompt, or answers Messages; one of the two is given.
type DecideRequest struct {
	Prompt   string    `json:"prompt,omitempty"`
	Messages []Message `json:"messages,omitempty"`
	Choices  []string  `json:"choices"`
	// Values are what the choices stand for, such as 1 to 5; with them the answer has its expectation.
	Values []float64 `json:"values,omitempty"`
	// Normalize says what the log-probability of a choice is divided by, so that long ones are not worse for being long:
	// "" nothing, "tokens" or "bytes".
	Normalize string `json:"normalize,omitempty"`
	Adapter   string `json:"adapter,omitempty"` // by name, where several are open; "": none
}

// Decision is a choice among several and how likely each was.
type Decision struct {
	Choice       string   `json:"choice"`
	Probability  float64  `json:"probability"` // of Choice among the choices
	Choices      []Choice `json:"choices"`     // in the order of the request
	Expectation  *float64 `json:"expectation,omitempty"`
	Mass         float64  `json:"mass"` // probability that the model says one of the choices at all
	PromptTokens int      `json:"prompt_tokens"`
	Passes       int      `json:"passes"` // of the model: one, and one for each choice of several tokens
	MS           float64  `json:"ms"`
}

// Choice is one of those a decision is among.
type Choice struct {
	Text        string  `json:"text"`
	Probability float64 `json:"probability"` // the choices' sum is 1
	LogProb     float64 `json:"log_prob"`    // of the text after the prompt, natural; of one that begins another, without the other
	Tokens      int     `json:"tokens"`
}
