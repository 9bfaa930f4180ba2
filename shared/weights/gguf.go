package weights

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"graft/shared/quant"
	"graft/shared/tensor"
)

// GGUF is a file in llama.cpp's format, versions 2 and 3, or several that one model was split into: a header of metadata
// and tensor descriptions, then the tensors' bytes, each at a multiple of an alignment. Tensors have the names and
// shapes of the Hugging Face checkpoint, and the rows of Llama's query and key projections its order.
type GGUF struct {
	files   []File
	names   []string
	tensors map[string]ggufTensor

	Meta    Meta // of the first file
	Version int
}

// ggufTensor is one tensor description, checked.
type ggufTensor struct {
	name       string // as the file says
	typ        uint32 // ggml's type id
	shape      []int  // outermost first: reversed from the file
	f          File   // where it is
	begin, end int64  // in the file; while the header is read, in the data
	spec       tensor.Spec
	heads      int   // rows are in llama.cpp's order of so many heads; 0 where they are not
	plusOne    bool  // values are one larger than in the checkpoint
	unfit      error // why spec is Invalid
}

const (
	ggufMagic        = "GGUF"
	ggufAlignment    = 32
	maxGGUFAlignment = 1 << 20
	maxGGUFTensors   = 1 << 20
	maxGGUFPairs     = 1 << 16
	maxGGUFName      = 1 << 10
	maxGGUFDim       = 1 << 40
)

// OpenGGUF reads the header of f. The source closes f.
func OpenGGUF(f File) (*GGUF, error) {
	h, err := readGGUFHeader(f)
	if err != nil {
		return nil, fmt.Errorf("gguf: %w", err)
	}
	g := &GGUF{files: []File{f}, tensors: map[string]ggufTensor{}, Meta: h.meta, Version: h.version}
	if err := g.name(h.tensors); err != nil {
		return nil, fmt.Errorf("gguf: %w", err)
	}
	return g, nil
}

// ggufHeader is what precedes the tensors' bytes.
type ggufHeader struct {
	version int
	meta    Meta
	tensors []ggufTensor
}

func readGGUFHeader(f File) (h ggufHeader, err error) {
	r := newGGUFReader(f)
	var magic [4]byte
	r.bytes(magic[:])
	version := r.uint32()
	switch {
	case r.err != nil:
		return h, r.err
	case string(magic[:]) != ggufMagic:
		return h, fmt.Errorf("file begins with %q, expected %q", magic[:], ggufMagic)
	case version == 0x02000000 || version == 0x03000000:
		return h, fmt.Errorf("big-endian file")
	case version != 2 && version != 3:
		return h, fmt.Errorf("version is %d, expected 2 or 3", version)
	}
	h.version = int(version)
	tensors := r.count("tensors", maxGGUFTensors, 8+4+4+8)
	pairs := r.count("metadata pairs", maxGGUFPairs, 8+4+1)
	if r.err != nil {
		return h, r.err
	}
	if err := h.meta.read(r, pairs); err != nil {
		return h, err
	}
	h.tensors = make([]ggufTensor, tensors)
	for i := range h.tensors {
		t, err := readGGUFTensor(r)
		if err != nil {
			if t.name == "" {
				t.name = fmt.Sprintf("tensor %d", i)
			}
			return h, fmt.Errorf("%s: %w", t.name, err)
		}
		h.tensors[i] = t
	}
	alignment := int64(ggufAlignment)
	if v, ok := h.meta.Int("general.alignment"); ok {
		if v < 1 || v > maxGGUFAlignment || v&(v-1) != 0 {
			return h, fmt.Errorf("general.alignment is %d, expected a power of two up to %d", v, maxGGUFAlignment)
		}
		alignment = v
	}
	data := align(r.at, alignment)
	if tensors > 0 && data > f.Size() {
		return h, fmt.Errorf("file ends in its header")
	}
	if err := checkGGUFLayout(h.tensors, f.Size()-data, alignment); err != nil {
		return h, err
	}
	for i := range h.tensors {
		t := &h.tensors[i]
		t.f, t.begin, t.end = f, t.begin+data, t.end+data
	}
	return h, nil
}

// readGGUFTensor reads a name, dimensions (innermost first), a type and an offset.
func readGGUFTensor(r *ggufReader) (t ggufTensor, err error) {
	t.name = r.string(maxGGUFName)
	rank := r.uint32()
	if r.err == nil && rank > tensor.MaxRank {
		return t, fmt.Errorf("%d dimensions, expected at most %d", rank, tensor.MaxRank)
	}
	for range rank {
		n := r.uint64()
		if r.err == nil && (n == 0 || n > min(maxGGUFDim, math.MaxInt)) {
			return t, fmt.Errorf("dimension %d is not a size", n)
		}
		t.shape = append(t.shape, int(n))
	}
	slices.Reverse(t.shape)
	t.typ = r.uint32()
	offset := r.uint64()
	if r.err != nil {
		return t, r.err
	}
	if offset > 1<<62 {
		return t, fmt.Errorf("offset %d is not in the file", offset)
	}
	t.begin = int64(offset)
	return t, t.resolve()
}

// resolve checks the shape against the type and computes the size.
func (t *ggufTensor) resolve() error {
	if _, ok := product(t.shape); !ok {
		return fmt.Errorf("shape %v overflows", t.shape)
	}
	shape := tensor.Shape(t.shape)
	if len(shape) == 0 {
		shape = tensor.Shape{1}
	}
	d, ok := ggufDType(t.typ)
	if !ok {
		t.unfit, t.end = fmt.Errorf("ggml type %s is not read", ggmlTypeName(t.typ)), t.begin
		return nil
	}
	t.spec = tensor.Spec{DType: d, Shape: shape}
	if err := t.spec.Check(); err != nil {
		return err
	}
	t.end = t.begin + int64(t.spec.Size())
	return nil
}

// ggufI32 is ggml's type id of int32, the one type that is no format of package quant.
const ggufI32 = 26

func ggufDType(id uint32) (tensor.DType, bool) {
	if id == ggufI32 {
		return tensor.I32, true
	}
	f, ok := quant.ByGGUF(id)
	return f.DType, ok
}

// checkGGUFLayout holds tensors to size bytes of data and apart from each other. Padding between them is allowed.
func checkGGUFLayout(infos []ggufTensor, size, alignment int64) error {
	order := make([]*ggufTensor, len(infos))
	for i := range infos {
		order[i] = &infos[i]
	}
	slices.SortStableFunc(order, func(a, b *ggufTensor) int { return compare(a.begin, b.begin) })
	var last *ggufTensor
	for _, t := range order {
		switch {
		case t.begin%alignment != 0:
			return fmt.Errorf("%s: offset %d is not a multiple of %d", t.name, t.begin, alignment)
		case t.end < t.begin || t.end > size:
			return fmt.Errorf("%s: ends at byte %d of the data, which has %d", t.name, t.end, size)
		case last != nil && t.begin < last.end:
			return fmt.Errorf("%s: overlaps %s: begins at byte %d of the data, expected %d or more", t.name, last.name, t.begin, last.end)
		}
		last = t
	}
	return nil
}

func align(n, to int64) int64 { return (n + to - 1) / to * to }

// name enters the tensors under their checkpoint names.
func (g *GGUF) name(infos []ggufTensor) error {
	arch, _ := g.Meta.String("general.architecture")
	row, _ := archOfFile(g.Meta)
	q, kv, err := g.Meta.heads(arch)
	if err != nil {
		return err
	}
	for _, t := range infos {
		name := row.checkpointName(t.name)
		if other, ok := g.tensors[name]; ok {
			return fmt.Errorf("%s: name occurs twice, also as %s", t.name, other.name)
		}
		t.heads = row.pairedHeads(name, q, kv)
		if t.heads > 0 && t.unfit == nil && rowsOf(t.spec)%(2*t.heads) != 0 {
			return fmt.Errorf("%s: %d rows do not divide into pairs of %d heads", t.name, rowsOf(t.spec), t.heads)
		}
		if t.plusOne = row.largerByOne(name); t.plusOne && t.unfit == nil && t.spec.DType != tensor.F32 {
			return fmt.Errorf("%s: %v, expected f32", t.name, t.spec)
		}
		g.tensors[name] = t
		if !slices.Contains(ropeTensors, name) {
			g.names = append(g.names, name)
		}
	}
	return nil
}

func (g *GGUF) Names() []string { return g.names }

// Close closes all files.
func (g *GGUF) Close() error {
	var errs []error
	for _, f := range g.files {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}

func (g *GGUF) Spec(name string) (tensor.Spec, bool) {
	t, ok := g.tensors[name]
	if t.unfit != nil {
		return tensor.Spec{Shape: t.shape}, ok
	}
	return t.spec, ok
}

// Stored is a tensor's name and type as the file has them: "blk.0.attn_q.weight", "Q4_1".
func (g *GGUF) Stored(name string) (stored, typ string, ok bool) {
	t, ok := g.tensors[name]
	return t.name, ggmlTypeName(t.typ), ok
}

func (g *GGUF) Read(name string, dst []byte) error {
	t, err := g.tensor(name)
	if err == nil {
		err = checkSize(name, t.spec, dst)
	}
	if err != nil {
		return err
	}
	if t.heads == 0 {
		if err := readFull(t.f, dst, t.begin); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if t.plusOne {
			addToFloats(dst, -1)
		}
		return nil
	}
	raw, ok := t.mapped()
	if !ok {
		raw = make([]byte, len(dst))
		if err := readFull(t.f, raw, t.begin); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	fromPairs(dst, raw, rowsOf(t.spec), t.heads)
	return nil
}

// Range implements Ranger.
func (g *GGUF) Range(name string) (func(dst []byte, off int64) error, bool) {
	t, err := g.tensor(name)
	if err != nil || !t.asRead() {
		return nil, false
	}
	return rangeIn(t.f, name, t.begin, t.end), true
}

// Locate implements Locator.
func (g *GGUF) Locate(name string) ([]Extent, bool) {
	t, err := g.tensor(name)
	if err != nil {
		return nil, false
	}
	return []Extent{{t.f, t.begin, t.end - t.begin}}, t.asRead()
}

func (g *GGUF) tensor(name string) (ggufTensor, error) {
	t, ok := g.tensors[name]
	if !ok {
		return t, fmt.Errorf("%s: %w", name, ErrNotFound)
	}
	if t.unfit != nil {
		return t, fmt.Errorf("%s: %w", name, t.unfit)
	}
	return t, nil
}

// asRead reports whether the file has a tensor's bytes as Read gives them.
func (t ggufTensor) asRead() bool { return t.heads == 0 && !t.plusOne }

func (t ggufTensor) mapped() ([]byte, bool) {
	return view(t.f.Bytes(), t.spec.DType, t.begin, t.end)
}

func (g *GGUF) Bytes(name string) ([]byte, bool) {
	t, err := g.tensor(name)
	if err != nil || !t.asRead() {
		return nil, false
	}
	return t.mapped()
}

// ggmlTypeName is ggml's name of a type id, also of those we do not read.
func ggmlTypeName(id uint32) string {
	if f, ok := quant.ByGGUF(id); ok {
		return f.Name
	}
	if name, ok := ggmlOther[id]; ok {
		return name
	}
	return fmt.Sprint(id)
}

var ggmlOther = map[uint32]string{9: "Q8_1", 15: "Q8_K", 16: "IQ2_XXS", 17: "IQ2_XS", 18: "IQ3_XXS", 19: "IQ1_S",
	21: "IQ3_S", 22: "IQ2_S", 23: "IQ4_XS", 24: "I8", 25: "I16", ggufI32: "I32", 27: "I64", 28: "F64", 29: "IQ1_M",
	34: "TQ1_0", 35: "TQ2_0", 39: "MXFP4"}
