package weights

import (
	"fmt"
	"runtime"
	"sync"

	"graft/shared/quant"
	"graft/shared/tensor"
)

// Quantized is a view of src that converts while it reads: want says the type each tensor shall have. It is asked
// once, of tensors of real numbers only; its answer is taken where that type can be written and the tensor's rows
// divide into its blocks, else the tensor keeps its type.
func Quantized(src Source, want func(name string, s tensor.Spec) tensor.DType) Source {
	return Quantizer{Want: want}.View(src)
}

// Quantizer is Quantized with a choice of how.
type Quantizer struct {
	Want        func(name string, s tensor.Spec) tensor.DType
	DoubleQuant bool          // NF4: scales as they are after a second quantisation
	Backend     quant.Backend // whose rules the second quantisation follows
}

// View is a view of src that converts while it reads.
func (q Quantizer) View(src Source) Source {
	v := &quantized{Source: src, q: q, to: map[string]tensor.Spec{}}
	for _, name := range src.Names() {
		s, _ := src.Spec(name)
		if !s.DType.IsFloat() {
			continue
		}
		to := tensor.Spec{DType: q.Want(name, s), Shape: s.Shape}
		if f, ok := quant.Of(to.DType); !ok || f.Encode == nil || to.DType == s.DType || to.Check() != nil {
			continue
		}
		v.to[name] = to
	}
	return v
}

type quantized struct {
	Source
	q  Quantizer
	to map[string]tensor.Spec // of converted tensors
}

func (v *quantized) Spec(name string) (tensor.Spec, bool) {
	if s, ok := v.to[name]; ok {
		return s, true
	}
	return v.Source.Spec(name)
}

func (v *quantized) Bytes(name string) ([]byte, bool) {
	if _, ok := v.to[name]; ok {
		return nil, false
	}
	return v.Source.Bytes(name)
}

// Range implements Ranger. A converted tensor is converted in whole blocks: parts begin and end with one.
func (v *quantized) Range(name string) (func(dst []byte, off int64) error, bool) {
	to, ok := v.to[name]
	if !ok {
		r, ok := v.Source.(Ranger)
		if !ok {
			return nil, false
		}
		return r.Range(name)
	}
	from, _ := v.Source.Spec(name)
	r, ok := v.Source.(Ranger)
	if !ok || v.nested(to) || to.DType.BlockValues()%from.DType.BlockValues() != 0 {
		return nil, false
	}
	read, ok := r.Range(name)
	if !ok {
		return nil, false
	}
	return func(dst []byte, off int64) error {
		block := int64(to.DType.BlockBytes())
		if off < 0 || off%block != 0 || int64(len(dst))%block != 0 || off+int64(len(dst)) > int64(to.Size()) {
			return fmt.Errorf("%s: %d bytes at %d of %d are not whole blocks of %v", name, len(dst), off, to.Size(), to.DType)
		}
		first := int(off/block) * to.DType.BlockValues()
		values := make([]float32, len(dst)/int(block)*to.DType.BlockValues())
		raw := make([]byte, from.DType.Size(len(values)))
		if err := read(raw, int64(from.DType.Size(first))); err != nil {
			return err
		}
		quant.Decode(from.DType, values, raw)
		return quant.Encode(to.DType, dst, values)
	}, true
}

// Locate implements Locator.
func (v *quantized) Locate(name string) ([]Extent, bool) {
	parts, asIs := locate(v.Source, name)
	_, converted := v.to[name]
	return parts, asIs && !converted
}

// nested reports whether the scales depend on the whole tensor.
func (v *quantized) nested(to tensor.Spec) bool { return to.DType == tensor.NF4 && v.q.DoubleQuant }

// chunkValues is the most values converted at a time: a chunk in float32 stays in a core's cache.
const chunkValues = 1 << 16

// Read converts the tensor chunk by chunk on all cores, so that beside dst only chunks are in memory.
func (v *quantized) Read(name string, dst []byte) error {
	to, ok := v.to[name]
	if !ok {
		return v.Source.Read(name, dst)
	}
	if err := checkSize(name, to, dst); err != nil {
		return err
	}
	from, _ := v.Source.Spec(name)
	read, err := rangeReader(v.Source, name, from)
	if err != nil {
		return err
	}
	// Chunks are whole blocks of both types; the values of a block are a power of two.
	unit := max(from.DType.BlockValues(), to.DType.BlockValues())
	chunk := max(chunkValues/unit, 1) * unit
	total := from.Shape.Len()
	chunk = min(chunk, total)
	err = inParallel((total+chunk-1)/chunk, func() func(i int) error {
		raw := make([]byte, from.DType.Size(chunk))
		values := make([]float32, chunk)
		return func(i int) error {
			at := i * chunk
			n := min(chunk, total-at)
			src, err := read(raw[:from.DType.Size(n)], int64(from.DType.Size(at)))
			if err != nil {
				return err
			}
			quant.Decode(from.DType, values[:n], src)
			return quant.Encode(to.DType, dst[to.DType.Size(at):to.DType.Size(at+n)], values[:n])
		}
	})
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if v.nested(to) {
		quant.NestBlocks(dst, v.q.Backend)
	}
	return nil
}

// rangeReader returns a function that gives a part of a tensor: a view, or read into buf.
func rangeReader(src Source, name string, s tensor.Spec) (func(buf []byte, off int64) ([]byte, error), error) {
	whole, ok := src.Bytes(name)
	if r, ranges := src.(Ranger); !ok && ranges {
		if read, cheap := r.Range(name); cheap {
			return func(buf []byte, off int64) ([]byte, error) { return buf, read(buf, off) }, nil
		}
	}
	if !ok {
		whole = make([]byte, s.Size())
		if err := src.Read(name, whole); err != nil {
			return nil, err
		}
	}
	return func(buf []byte, off int64) ([]byte, error) { return whole[off:][:len(buf)], nil }, nil
}

// inParallel runs task(0) … task(n-1) on all cores and returns the first error. Each goroutine makes its own task.
func inParallel(n int, newTask func() func(i int) error) error {
	var (
		next  sync.Mutex
		i     int
		first error
		all   sync.WaitGroup
	)
	take := func(err error) (int, bool) {
		next.Lock()
		defer next.Unlock()
		if err != nil && first == nil {
			first = err
		}
		i++
		return i - 1, first == nil && i <= n
	}
	for range min(n, runtime.GOMAXPROCS(0)) {
		all.Go(func() {
			task := newTask()
			for i, ok := take(nil); ok; i, ok = take(task(i)) {
			}
		})
	}
	all.Wait()
	return first
}
