package devicetest

import (
	"context"
	"fmt"

	"graft/shared/device"
	"graft/shared/graph"
	"graft/shared/tensor"
)

// evaluate computes f on the reference device.
func evaluate(f func(v []graph.Value) graph.Value, args ...*tensor.Tensor) *tensor.Tensor {
	g := graph.New()
	v := make([]graph.Value, len(args))
	inputs := map[string]*tensor.Tensor{}
	for i, a := range args {
		v[i] = g.Leaf(graph.Input, argName(i), a.DType, a.Shape...)
		inputs[argName(i)] = a
	}
	g.Output("y", f(v))
	y, err := func() (*tensor.Tensor, error) {
		r, err := device.NewMemory(device.Reference()).Load(g)
		if err != nil {
			return nil, err
		}
		if err := r.Do(context.Background(), inputs); err != nil {
			return nil, err
		}
		return r.Output("y")
	}()
	if err != nil {
		panic(fmt.Sprintf("BUG: devicetest: %v", err))
	}
	return y
}
