package op

import (
	"fmt"
	"math"
)

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

// value is the function, and slope its derivative.
func (a Act) value(x float64) float64 {
	switch a {
	case SiLU:
		return x * sigmoid(x)
	case GELUTanh:
		return x / 2 * (1 + math.Tanh(geluInner(x)))
	case GELU:
		return x / 2 * math.Erfc(-x/math.Sqrt2)
	case ReLU:
		return max(x, 0)
	case Tanh:
		return math.Tanh(x)
	case Sigmoid:
		return sigmoid(x)
	}
	panic("BUG: op: " + a.String())
}

func (a Act) slope(x float64) float64 {
	switch a {
	case SiLU:
		s := sigmoid(x)
		return s * (1 + x*(1-s))
	case GELUTanh:
		t := math.Tanh(geluInner(x))
		return (1+t)/2 + x/2*(1-t*t)*geluScale*(1+3*geluCubic*x*x)
	case GELU:
		return math.Erfc(-x/math.Sqrt2)/2 + x*math.Exp(-x*x/2)/math.Sqrt(2*math.Pi)
	case ReLU:
		if x > 0 {
			return 1
		}
		return 0
	case Tanh:
		t := math.Tanh(x)
		return 1 - t*t
	case Sigmoid:
		s := sigmoid(x)
		return s * (1 - s)
	}
	panic("BUG: op: " + a.String())
}

const (
	geluScale = 0.79788456080286535588 // √(2/π)
	geluCubic = 0.044715
)

func geluInner(x float64) float64 { return geluScale * (x + geluCubic*x*x*x) }

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// act checks the attribute.
func (c *operands) act(a Act) {
	c.must(a >= 0 && int(a) < len(acts), "%v is not an activation", a)
}
