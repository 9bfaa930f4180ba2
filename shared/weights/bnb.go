package weights

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"graft/shared/quant"
	"graft/shared/tensor"
)

// bnbSource presents a checkpoint that bitsandbytes quantised to 4 bits. There a weight P is several tensors: P
// (codes), P.absmax, P.quant_map, maybe P.nested_absmax and P.nested_quant_map, and P.quant_state.bitsandbytes__nf4
// or …__fp4 (JSON). Here it is one.
type bnbSource struct {
	Source
	names  []string
	packed map[string]*bnbWeight
}

// bnbWeight is one quantised weight.
type bnbWeight struct {
	name  string
	state bnbState
	spec  tensor.Spec
	unfit error
}

// bnbState is the JSON of a quant_state, in the order bitsandbytes writes it.
type bnbState struct {
	QuantType       string   `json:"quant_type"`
	BlockSize       int      `json:"blocksize"`
	DType           string   `json:"dtype"` // of the weight before, and of what bitsandbytes dequantises to
	Shape           []int    `json:"shape"`
	NestedBlockSize int      `json:"nested_blocksize"`
	NestedDType     string   `json:"nested_dtype"`
	NestedOffset    *float64 `json:"nested_offset"`
}

const (
	stateInfix    = ".quant_state.bitsandbytes__"
	maxStateBytes = 1 << 16
)

// bnbParts are the suffixes of a quantised weight's other tensors.
var bnbParts = []string{".absmax", ".quant_map", ".nested_absmax", ".nested_quant_map"}

// bnbDTypes are the types of state.dtype.
var bnbDTypes = map[string]tensor.DType{"float32": tensor.F32, "float16": tensor.F16, "bfloat16": tensor.BF16}

// unpackBNB is src where nothing in it is quantised by bitsandbytes, else a bnbSource. It closes src on an error.
func unpackBNB(src Source) (Source, error) {
	b := &bnbSource{Source: src, packed: map[string]*bnbWeight{}}
	hidden := map[string]bool{}
	for _, name := range src.Names() {
		if weight, ok := strings.CutSuffix(name, ".SCB"); ok {
			weight += ".weight"
			b.packed[weight] = &bnbWeight{name: weight, unfit: errors.New("quantised by bitsandbytes to 8 bits, which is not read")}
			hidden[name] = true
			continue
		}
		weight, kind, ok := strings.Cut(name, stateInfix)
		if !ok {
			continue
		}
		w, err := readBNB(src, weight, name, kind)
		if err != nil {
			src.Close()
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		b.packed[weight] = w
		hidden[name] = true
		for _, part := range bnbParts {
			hidden[weight+part] = true
		}
	}
	if len(b.packed) == 0 {
		return src, nil
	}
	for _, name := range src.Names() {
		if !hidden[name] {
			b.names = append(b.names, name)
		}
	}
	return b, nil
}

// readBNB reads the state of a weight and finds how it can be presented.
func readBNB(src Source, weight, state, kind string) (*bnbWeight, error) {
	raw, err := readPart[byte](src, state, tensor.U8, maxStateBytes)
	if err != nil {
		return nil, err
	}
	w := &bnbWeight{name: weight}
	if err := json.Unmarshal(bytes.TrimRight(raw, "\x00"), &w.state); err != nil {
		return nil, err
	}
	s := &w.state
	if s.QuantType != kind {
		return nil, fmt.Errorf("quant_type is %q, expected %q as in the tensor's name", s.QuantType, kind)
	}
	dense, ok := bnbDTypes[s.DType]
	if !ok {
		return nil, fmt.Errorf("dtype is %q, expected float32, float16 or bfloat16", s.DType)
	}
	w.spec = tensor.Spec{DType: dense, Shape: s.Shape}
	if err := w.spec.Check(); err != nil {
		return nil, err
	}
	codes, ok := src.Spec(weight)
	if !ok {
		return nil, fmt.Errorf("%s: %w", weight, ErrNotFound)
	}
	if codes.DType == tensor.Invalid || codes.DType == tensor.I32 || codes.Size() != (w.spec.Shape.Len()+1)/2 {
		return nil, fmt.Errorf("%s: %v does not hold the codes of shape %v", weight, codes, s.Shape)
	}
	// Shapes are known now; the arrays are checked when they are read, but for the levels, which decide the type.
	head := &quant.BNB{Type: s.QuantType, Values: w.spec.Shape.Len(), BlockSize: s.BlockSize}
	if head.QuantMap, err = readPart[float32](src, weight+".quant_map", tensor.F32, 16); err != nil {
		return nil, err
	}
	if w.spec.Shape.Cols()%tensor.NF4.BlockValues() == 0 && head.HasBlocks() {
		w.spec.DType = tensor.NF4
	}
	return w, nil
}

// load reads all parts of w.
func (b *bnbSource) load(w *bnbWeight) (*quant.BNB, error) {
	src, n := b.Source, w.spec.Shape.Len()
	q := &quant.BNB{Type: w.state.QuantType, Values: n, BlockSize: w.state.BlockSize}
	var err error
	if codes, ok := src.Bytes(w.name); ok {
		q.Codes = codes
	} else {
		q.Codes = make([]byte, (n+1)/2)
		if err := src.Read(w.name, q.Codes); err != nil {
			return nil, err
		}
	}
	if q.QuantMap, err = readPart[float32](src, w.name+".quant_map", tensor.F32, 16); err != nil {
		return nil, err
	}
	absmax := w.name + ".absmax"
	if _, nested := src.Spec(w.name + ".nested_absmax"); !nested {
		q.AbsMax, err = readPart[float32](src, absmax, tensor.F32, n)
	} else {
		q.Nested, err = w.loadNested(src, n)
	}
	if err != nil {
		return nil, err
	}
	if err := q.Check(); err != nil {
		return nil, fmt.Errorf("%s: %w", w.name, err)
	}
	return q, nil
}

func (w *bnbWeight) loadNested(src Source, n int) (*quant.NestedMax, error) {
	if w.state.NestedOffset == nil || w.state.NestedDType != "float32" {
		return nil, fmt.Errorf("%s: quant_state has nested_dtype %q and maybe no nested_offset, expected float32 and a number", w.name, w.state.NestedDType)
	}
	nested := &quant.NestedMax{BlockSize: w.state.NestedBlockSize, Offset: float32(*w.state.NestedOffset)}
	var err error
	if nested.Codes, err = readPart[byte](src, w.name+".absmax", tensor.U8, n); err != nil {
		return nil, err
	}
	if nested.QuantMap, err = readPart[float32](src, w.name+".nested_quant_map", tensor.F32, 256); err != nil {
		return nil, err
	}
	nested.AbsMax, err = readPart[float32](src, w.name+".nested_absmax", tensor.F32, n)
	return nested, err
}

// readPart reads a vector of at most limit values.
func readPart[T byte | float32](src Source, name string, d tensor.DType, limit int) ([]T, error) {
	s, ok := src.Spec(name)
	switch {
	case !ok:
		return nil, fmt.Errorf("%s: %w", name, ErrNotFound)
	case s.DType != d:
		return nil, fmt.Errorf("%s: %v, expected %v", name, s, d)
	case s.Shape.Len() > limit:
		return nil, fmt.Errorf("%s: %d values, expected at most %d", name, s.Shape.Len(), limit)
	}
	raw := make([]byte, s.Size())
	if err := src.Read(name, raw); err != nil {
		return nil, err
	}
	v := make([]T, s.Shape.Len())
	switch v := any(v).(type) {
	case []byte:
		copy(v, raw)
	case []float32:
		quant.Decode(tensor.F32, v, raw)
		for i, x := range v {
			if x-x != 0 {
				return nil, fmt.Errorf("%s: value %d is %g", name, i, x)
			}
		}
	}
	return v, nil
}

func (b *bnbSource) Names() []string { return b.names }

func (b *bnbSource) Spec(name string) (tensor.Spec, bool) {
	if w := b.packed[name]; w != nil {
		return w.spec, true
	}
	return b.Source.Spec(name)
}

func (b *bnbSource) Bytes(name string) ([]byte, bool) {
	if b.packed[name] != nil {
		return nil, false
	}
	return b.Source.Bytes(name)
}

func (b *bnbSource) Read(name string, dst []byte) error {
	w := b.packed[name]
	if w == nil {
		return b.Source.Read(name, dst)
	}
	if w.unfit != nil {
		return fmt.Errorf("%s: %w", name, w.unfit)
	}
	if err := checkSize(name, w.spec, dst); err != nil {
		return err
	}
	q, err := b.load(w)
	if err != nil {
		return err
	}
	if w.spec.DType == tensor.NF4 {
		q.Blocks(dst)
		return nil
	}
	values := make([]float32, q.Values)
	q.Dequantize(values)
	return quant.Encode(w.spec.DType, dst, values)
}

// Range implements Ranger.
func (b *bnbSource) Range(name string) (func(dst []byte, off int64) error, bool) {
	r, ok := b.Source.(Ranger)
	if !ok || b.packed[name] != nil {
		return nil, false
	}
	return r.Range(name)
}

// Locate implements Locator.
func (b *bnbSource) Locate(name string) ([]Extent, bool) {
	if b.packed[name] == nil {
		return locate(b.Source, name)
	}
	all, _ := locate(b.Source, name)
	for _, part := range bnbParts {
		more, _ := locate(b.Source, name+part)
		all = append(all, more...)
	}
	return all, false
}
