package train

import (
	"fmt"
	"strconv"

	"graft/shared/dataset"
)

// balanced asks for class weights by the counts of the training data, as scikit-learn's class_weight does.
const balanced = "balanced"

// classWeights parses ClassWeights: nil for none and for balanced ones.
func (a Arguments) classWeights() ([]float64, error) {
	if len(a.ClassWeights) == 1 && a.ClassWeights[0] == balanced {
		return nil, nil
	}
	var weights []float64
	for _, s := range a.ClassWeights {
		w, err := strconv.ParseFloat(s, 64)
		if err != nil || !(w >= 0 && w <= 1e6) {
			return nil, fmt.Errorf("class_weights has %q, expected numbers of 0 or more, one a class, or %q alone", s, balanced)
		}
		weights = append(weights, w)
	}
	return weights, nil
}

// weigh gives the rows the weights of their classes.
func (o *Options) weigh() error {
	if len(o.Arguments.ClassWeights) == 0 {
		return nil
	}
	if len(o.Labels) == 0 {
		return fmt.Errorf("class_weights are for SEQ_CLS, not %s", o.Task)
	}
	weights, err := o.Arguments.classWeights()
	if err != nil {
		return err
	}
	if weights == nil {
		counts := make([]float64, len(o.Labels))
		for _, s := range o.Train {
			if int(s.Label) < len(counts) && s.Label >= 0 {
				counts[s.Label]++
			}
		}
		for _, n := range counts {
			weights = append(weights, float64(len(o.Train))/(float64(len(counts))*max(n, 1)))
		}
	}
	if len(weights) != len(o.Labels) {
		return fmt.Errorf("class_weights has %d numbers for %d classes", len(weights), len(o.Labels))
	}
	rows := make([]dataset.Sequence, 0, len(o.Train))
	for i, s := range o.Train {
		if s.Label < 0 || int(s.Label) >= len(weights) {
			return fmt.Errorf("row %d has the label id %d, expected 0 to %d", i, s.Label, len(weights)-1)
		}
		// A weight of 0 leaves the row out: in a Sequence 0 stands for 1.
		if w := weights[s.Label]; w > 0 {
			s.Weight = float32(w)
			rows = append(rows, s)
		}
	}
	o.Train = rows
	return nil
}
