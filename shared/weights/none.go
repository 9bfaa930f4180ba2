package weights

import (
	"fmt"

	"graft/shared/tensor"
)

// None is a source without tensors: a model that is to be trained from random weights.
type None struct{}

var _ Source = None{}

func (None) Spec(string) (tensor.Spec, bool) { return tensor.Spec{}, false }
func (None) Names() []string                 { return nil }
func (None) Bytes(string) ([]byte, bool)     { return nil, false }
func (None) Close() error                    { return nil }

// Read reports that there is no such tensor.
func (None) Read(name string, _ []byte) error { return fmt.Errorf("%s: %w", name, ErrNotFound) }
