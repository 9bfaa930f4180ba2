package adapter

import (
	"context"
	"strconv"
	"strings"

	"graft/shared/device"
	"graft/shared/graph"
	"graft/shared/op"
	"graft/shared/tensor"
	"graft/shared/weights"
)

// encoderName begins the names of what a prompt is trained through: PEFT's names without the adapter's.
const encoderName = "prompt_encoder."

// encoder is an embedding [rows,widths[0]] and linear layers over it, with an activation between: what P-tuning and
// prefix projection train in place of the prompt itself. Only its result is kept, as PEFT does, and beside it, in a
// file of Graft's own, its tensors, so that training can go on.
type encoder struct {
	rows   int
	name   string // of the list of layers and activations
	widths []int  // of the embedding, then of each layer's result
	act    op.Act
}

// layers calls yield for each layer with the name, as PyTorch's Sequential counts them, and the widths of both sides.
func (e encoder) layers(yield func(name string, in, out int)) {
	for i, in := range e.widths[:len(e.widths)-1] {
		yield(encoderName+e.name+"."+strconv.Itoa(2*i), in, e.widths[i+1])
	}
}

func (e encoder) record(g *graph.Graph) graph.Value {
	x := g.Leaf(graph.Param, encoderName+"embedding.weight", tensor.F32, e.rows, e.widths[0])
	first := true
	e.layers(func(name string, in, out int) {
		if !first {
			x = op.Activation(x, e.act)
		}
		first = false
		w := g.Leaf(graph.Param, name+".weight", tensor.F32, out, in)
		x = op.Add(op.Linear(x, w), g.Leaf(graph.Param, name+".bias", tensor.F32, out))
	})
	return x
}

// init is PyTorch's: N(0,1) of the embedding, U(±1/√in) of a layer's weight and bias. ok is false for another name.
func (e encoder) init(name string, shape tensor.Shape, s Start) (v []float32, ok bool) {
	if name == encoderName+"embedding.weight" {
		return normal(s.Rand, shape.Len(), 1), true
	}
	e.layers(func(layer string, in, _ int) {
		if strings.HasPrefix(name, layer+".") {
			v, ok = kaiming(s.Rand, shape.Len(), in), true
		}
	})
	return v, ok
}

// stored is prompt_embeddings: the encoder's result, computed where it is little work.
func (e encoder) stored(read func(string, ...int) (*tensor.Tensor, error)) (*tensor.Tensor, error) {
	g := graph.New()
	rows := e.record(g)
	g.Output(promptEmbeddings, rows)
	m := device.NewMemory(device.Reference())
	defer m.Close()
	var err error
	g.Leaves(func(v graph.Value, _ graph.Kind, name string) bool {
		var t *tensor.Tensor
		if t, err = read(name, v.Shape()...); err == nil {
			err = m.Write(name, t)
		}
		return err == nil
	})
	if err != nil {
		return nil, err
	}
	run, err := m.Load(g)
	if err != nil {
		return nil, err
	}
	defer run.Close()
	if err := run.Do(context.Background(), nil); err != nil {
		return nil, err
	}
	return run.Output(promptEmbeddings)
}

// encodedPrompt is an adapter whose prompt is trained through an encoder.
type encodedPrompt struct {
	Adapter
	train *encoder
}

var (
	_ Storer   = encodedPrompt{}
	_ Prompter = encodedPrompt{}
)

// Virtual is the prompt's.
func (a encodedPrompt) Virtual() Virtual { return VirtualOf(a.Adapter) }

// Stored is the encoder's result.
func (a encodedPrompt) Stored(read func(string, ...int) (*tensor.Tensor, error)) (map[string]*tensor.Tensor, error) {
	t, err := a.train.stored(read)
	if err != nil {
		return nil, err
	}
	return map[string]*tensor.Tensor{promptEmbeddings: t}, nil
}

// trainedFurther is implemented by kinds that have an encoder when they are trained.
type trainedFurther interface{ encoded() (Adapter, error) }

// Further gives the adapter of a directory as it is trained further, and the tensors it starts from: where the directory has
// those of an encoder (TrainedName) with it; else, as of adapters from PEFT, which keeps none, the prompt itself.
func (d *Directory) Further() (Adapter, weights.Source, error) {
	if t, ok := d.Adapter.(trainedFurther); ok && d.Trained != nil {
		a, err := t.encoded()
		if _, ok := a.(Storer); ok || err != nil {
			return a, d.Trained, err
		}
	}
	return d.Adapter, d.Tensors, nil
}
