package engine

import (
	"cmp"
	"slices"

	"graft/shared/graph"
	"graft/shared/model"
	"graft/shared/nn"
	"graft/shared/tensor"
	"graft/shared/weights"
)

// Loading brings a base's weights into the device's memory before they are needed, in the order of the file and as many at
// a time as the host likes.
type Loading struct {
	base          *Base
	rest          []baseWeight
	Loaded, Total int64 // bytes in the device's memory
}

type baseWeight struct {
	name  string
	spec  tensor.Spec
	parts []weights.Extent
}

// Loading readies the loading of the weights: those that make hidden states, and the output layer too if texts are to be generated.
func (b *Base) Loading(generate bool) (*Loading, error) {
	g := graph.New()
	p := nn.Root(g, &nn.Scope{DType: b.storage()})
	hidden := b.Model.Hidden(p, nn.NewInputs(g, 1))
	if generate {
		model.Logits(b.Model, p, hidden)
	}
	if err := g.Err(); err != nil {
		return nil, err
	}
	l := &Loading{base: b}
	g.Leaves(func(v graph.Value, k graph.Kind, name string) bool {
		if _, ok := b.Source.Spec(name); ok && k == graph.Weight {
			w := baseWeight{name: name, spec: v.Spec()}
			if f, ok := b.Source.(weights.Locator); ok {
				w.parts, _ = f.Locate(name)
			}
			l.rest, l.Total = append(l.rest, w), l.Total+int64(w.spec.Size())
		}
		return true
	})
	slices.SortStableFunc(l.rest, func(a, b baseWeight) int { return cmp.Compare(a.begin(), b.begin()) })
	return l, nil
}

func (w baseWeight) begin() int64 {
	if len(w.parts) == 0 {
		return 0
	}
	return w.parts[0].Offset
}

// Done reports whether all are loaded.
func (l *Loading) Done() bool { return len(l.rest) == 0 }

// next is how many weights come to so many bytes; 0 bytes: all.
func (l *Loading) next(bytes int64) (n int) {
	for sum := int64(0); n < len(l.rest) && (bytes == 0 || sum < bytes); n++ {
		sum += int64(l.rest[n].spec.Size())
	}
	return n
}

// Load loads the next weights, until they come to so many bytes; 0: all.
func (l *Loading) Load(bytes int64) error {
	for range l.next(bytes) {
		w := l.rest[0]
		if err := l.base.Memory.Ready(w.name, w.spec); err != nil {
			return err
		}
		l.rest, l.Loaded = l.rest[1:], l.Loaded+int64(w.spec.Size())
	}
	return nil
}

// Ahead lists what Load of so many bytes will read of files.
func (l *Loading) Ahead(bytes int64) (parts []weights.Extent) {
	for _, w := range l.rest[:l.next(bytes)] {
		parts = append(parts, w.parts...)
	}
	return parts
}
