package weights

import (
	"encoding/binary"
	"fmt"
	"slices"

	"graft/shared/tensor"
)

// Safetensors is a file in Hugging Face's safetensors format: the length of a header (8 bytes, little-endian),
// the header (JSON), and the tensors' bytes without gaps. Its metadata is free text.
type Safetensors struct {
	f        File
	data     int64 // where the tensors' bytes begin
	names    []string
	tensors  map[string]stEntry
	Metadata map[string]string
}

// stEntry is one tensor of a header, checked.
type stEntry struct {
	dtype      string // as the file says
	shape      []int
	begin, end int64 // in the data
	spec       tensor.Spec
	convert    func(dst, src []byte) error // nil where bytes are stored as spec has them
	unfit      error                       // why spec is Invalid
}

// maxHeader is the limit of the reference implementation.
const maxHeader = 100_000_000

// OpenSafetensors reads the header of f. The source closes f.
func OpenSafetensors(f File) (*Safetensors, error) {
	var word [8]byte
	if f.Size() < 8 {
		return nil, fmt.Errorf("safetensors: file of %d bytes is too short for a header", f.Size())
	}
	if err := readFull(f, word[:], 0); err != nil {
		return nil, fmt.Errorf("safetensors: header length: %w", err)
	}
	n := binary.LittleEndian.Uint64(word[:])
	if n > maxHeader {
		return nil, fmt.Errorf("safetensors: header of %d bytes is over the limit of %d", n, maxHeader)
	}
	if int64(n) > f.Size()-8 {
		return nil, fmt.Errorf("safetensors: header of %d bytes in a file of %d", n, f.Size())
	}
	header := make([]byte, n)
	if err := readFull(f, header, 8); err != nil {
		return nil, fmt.Errorf("safetensors: header: %w", err)
	}
	s := &Safetensors{f: f, data: 8 + int64(n)}
	if err := s.parse(header); err != nil {
		return nil, fmt.Errorf("safetensors: %w", err)
	}
	if err := s.checkLayout(f.Size() - s.data); err != nil {
		return nil, fmt.Errorf("safetensors: %w", err)
	}
	return s, nil
}

// checkLayout holds the tensors to the format's promise: in the order of their offsets they fill the data, of
// size bytes, without gap or overlap. It also puts names in that order.
func (s *Safetensors) checkLayout(size int64) error {
	slices.SortStableFunc(s.names, func(a, b string) int {
		x, y := s.tensors[a], s.tensors[b]
		if x.begin != y.begin {
			return compare(x.begin, y.begin)
		}
		return compare(x.end, y.end)
	})
	var at int64
	last := "the start"
	for _, name := range s.names {
		switch e := s.tensors[name]; {
		case e.end > size:
			return fmt.Errorf("%s: ends at byte %d of the data, which has %d", name, e.end, size)
		case e.begin < at:
			return fmt.Errorf("%s: overlaps %s: begins at byte %d of the data, expected %d", name, last, e.begin, at)
		case e.begin > at:
			return fmt.Errorf("%s: gap after %s: begins at byte %d of the data, expected %d", name, last, e.begin, at)
		default:
			at, last = e.end, name
		}
	}
	if at != size {
		return fmt.Errorf("%d bytes follow the last tensor, %s", size-at, last)
	}
	return nil
}

func compare(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func (s *Safetensors) Names() []string { return s.names }
func (s *Safetensors) Close() error    { return s.f.Close() }

func (s *Safetensors) Spec(name string) (tensor.Spec, bool) {
	e, ok := s.tensors[name]
	return e.spec, ok
}

// Stored is a tensor's type and shape as the file has them: "F64", [] for a scalar.
func (s *Safetensors) Stored(name string) (dtype string, shape []int, ok bool) {
	e, ok := s.tensors[name]
	return e.dtype, e.shape, ok
}

func (s *Safetensors) Read(name string, dst []byte) error {
	e, err := s.entry(name)
	if err == nil {
		err = checkSize(name, e.spec, dst)
	}
	if err != nil {
		return err
	}
	raw := dst
	if e.convert != nil {
		raw = make([]byte, e.end-e.begin)
	}
	if err := readFull(s.f, raw, s.data+e.begin); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if e.convert != nil {
		if err := e.convert(dst, raw); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// Range implements Ranger.
func (s *Safetensors) Range(name string) (func(dst []byte, off int64) error, bool) {
	e, err := s.entry(name)
	if err != nil || e.convert != nil {
		return nil, false
	}
	return rangeIn(s.f, name, s.data+e.begin, s.data+e.end), true
}

// Locate implements Locator.
func (s *Safetensors) Locate(name string) ([]Extent, bool) {
	e, err := s.entry(name)
	if err != nil {
		return nil, false
	}
	return []Extent{{s.f, s.data + e.begin, e.end - e.begin}}, e.convert == nil
}

func (s *Safetensors) entry(name string) (stEntry, error) {
	e, ok := s.tensors[name]
	if !ok {
		return e, fmt.Errorf("%s: %w", name, ErrNotFound)
	}
	if e.unfit != nil {
		return e, fmt.Errorf("%s: %w", name, e.unfit)
	}
	return e, nil
}

func (s *Safetensors) Bytes(name string) ([]byte, bool) {
	e, err := s.entry(name)
	if err != nil || e.convert != nil {
		return nil, false
	}
	return view(s.f.Bytes(), e.spec.DType, s.data+e.begin, s.data+e.end)
}
