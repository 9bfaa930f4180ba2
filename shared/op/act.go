package op

import "fmt"

// Act is an activation function.
type Act int

const (
	SiLU     Act = iota // x·σ(x)
	GELUTanh            // GELU by its tanh approximation
	GELU                // x·Φ(x), Φ by the error function
	ReLU
	Tanh
	Sigmoid
)

// acts has a row for each Act, in order: its name in the command format, and what Hugging Face calls it.
var acts = []struct {
	name    string
	aliases []string
}{
	SiLU:     {"silu", []string{"swish"}},
	GELUTanh: {"gelu_tanh", []string{"gelu_new", "gelu_pytorch_tanh", "gelu_fast"}},
	GELU:     {"gelu", nil},
	ReLU:     {"relu", nil},
	Tanh:     {"tanh", nil},
	Sigmoid:  {"sigmoid", nil},
}

func (a Act) String() string {
	if a < 0 || int(a) >= len(acts) {
		return fmt.Sprintf("act(%d)", int(a))
	}
	return acts[a].name
}

// Acts calls yield for every activation, in order.
func Acts(yield func(Act) bool) {
	for a := range acts {
		if !yield(Act(a)) {
			return
		}
	}
}

// ParseAct returns the activation of a name as Hugging Face's configurations have it (hidden_act).
func ParseAct(name string) (Act, error) {
	for a, row := range acts {
		if row.name == name {
			return Act(a), nil
		}
		for _, alias := range row.aliases {
			if alias == name {
				return Act(a), nil
			}
		}
	}
	return 0, fmt.Errorf("activation %q is not known", name)
}
