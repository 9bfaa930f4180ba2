package adapter

import (
	"fmt"
	"strings"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"

	"graft/shared/model"
	"graft/shared/tensor"
	"graft/shared/weights"
)

// Merge changes the base weight of that checkpoint name, w (float32), into the one that answers like base and adapter
// together, and reports whether it differs. A weight the adapter keeps whole is replaced.
func (l *lora) Merge(name string, w *tensor.Tensor, tensors weights.Source) (bool, error) {
	if leaf, _, ok := l.weight(name, 0); ok {
		return true, replace(w, tensors, leaf)
	}
	path, ok := strings.CutSuffix(name, ".weight")
	if !ok {
		return false, nil
	}
	_, output := l.modules[model.Output]
	if path == l.m.Embedding && l.TaskType == CausalLM && l.m.Config().TieWordEmbeddings {
		if _, ok := l.modules[path]; ok || output {
			return false, fmt.Errorf("%s: the output layer and the table of tokens are one weight, and the adapter changes one of them, so it can't be merged", name)
		}
	}
	m, ok := l.modules[path]
	if !ok {
		return false, nil
	}
	if l.LoraBias {
		return false, fmt.Errorf("%s: lora_bias adds a bias the base has no place for, so it can't be merged", name)
	}
	rows, cols := w.Shape[0], w.Shape[1]
	sum := blas32.General{Rows: rows, Cols: cols, Stride: cols, Data: w.Floats()}
	switch {
	case path == l.m.Embedding:
		return true, l.mergeEmbedding(path, m, sum, tensors)
	case l.FanInFanOut: // stored as [in,out]
		sum = blas32.General{Rows: cols, Cols: rows, Stride: rows, Data: transpose(w.Floats(), rows, cols)}
	}
	if err := l.addProduct(path, sum, tensors); err != nil {
		return false, err
	}
	if l.UseDora {
		scale, err := floats(tensors, prefix+path+magnitude, sum.Rows)
		if err != nil {
			return false, err
		}
		for i, n := range lengths(sum) {
			for j := range sum.Data[i*sum.Stride:][:sum.Cols] {
				sum.Data[i*sum.Stride+j] *= scale[i] / n
			}
		}
	}
	if l.FanInFanOut {
		copy(w.Floats(), transpose(sum.Data, cols, rows))
	}
	return true, nil
}

// mergeEmbedding adds scale·(B·A)ᵀ to the table [vocab,hidden].
func (l *lora) mergeEmbedding(path string, m loraModule, table blas32.General, tensors weights.Source) error {
	a, err := floats(tensors, prefix+path+".lora_embedding_A", m.r, table.Rows)
	if err != nil {
		return err
	}
	b, err := floats(tensors, prefix+path+".lora_embedding_B", table.Cols, m.r)
	if err != nil {
		return err
	}
	blas32.Gemm(blas.Trans, blas.Trans, m.scale, blas32.General{Rows: m.r, Cols: table.Rows, Stride: table.Rows, Data: a},
		blas32.General{Rows: table.Cols, Cols: m.r, Stride: m.r, Data: b}, 1, table)
	return nil
}
