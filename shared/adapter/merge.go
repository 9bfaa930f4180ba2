package adapter

import (
	"fmt"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"

	"graft/shared/tensor"
	"graft/shared/weights"
)

// Merge changes the base weight of that checkpoint name, w (float32), into the one that answers like base and adapter
// together, and reports whether it differs. A weight the adapter keeps whole is replaced.
func (l *lora) Merge(name string, w *tensor.Tensor, tensors weights.Source) (bool, error) {
	if leaf, _, ok := l.weight(name, 0); ok {
		t, err := weights.Floats(tensors, leaf)
		if err != nil {
			return false, err
		}
		if !t.Shape.Equal(w.Shape) {
			return false, fmt.Errorf("%s: shape %v, expected %v", leaf, t.Shape, w.Shape)
		}
		copy(w.Data, t.Data)
		return true, nil
	}
	const suffix = ".weight"
	if len(name) <= len(suffix) || name[len(name)-len(suffix):] != suffix {
		return false, nil
	}
	m, ok := l.modules[name[:len(name)-len(suffix)]]
	if !ok {
		return false, nil
	}
	if l.LoraBias {
		return false, fmt.Errorf("%s: lora_bias adds a bias the base has no place for, so it can't be merged", name)
	}
	base := prefix + name[:len(name)-len(suffix)]
	a, err := weights.Floats(tensors, base+".lora_A.weight")
	if err != nil {
		return false, err
	}
	b, err := weights.Floats(tensors, base+".lora_B.weight")
	if err != nil {
		return false, err
	}
	out, in := w.Shape[0], w.Shape[1]
	if !a.Shape.Equal(tensor.Shape{m.r, in}) || !b.Shape.Equal(tensor.Shape{out, m.r}) {
		return false, fmt.Errorf("%s: lora_A %v and lora_B %v, expected [%d %d] and [%d %d]", name, a.Shape, b.Shape, m.r, in, out, m.r)
	}
	general := func(t *tensor.Tensor) blas32.General {
		return blas32.General{Rows: t.Shape[0], Cols: t.Shape[1], Stride: t.Shape[1], Data: t.Floats()}
	}
	blas32.Gemm(blas.NoTrans, blas.NoTrans, m.scale, general(b), general(a), 1, general(w))
	return true, nil
}
