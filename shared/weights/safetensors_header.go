package weights

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/bits"
	"strconv"

	"graft/shared/tensor"
)

// parse reads the JSON of a header:
//
//	{"__metadata__": {"format": "pt"}, "name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, …}
func (s *Safetensors) parse(header []byte) error {
	if len(header) == 0 || header[0] != '{' {
		return errors.New("header does not begin with {")
	}
	s.tensors = map[string]stEntry{}
	d := json.NewDecoder(bytes.NewReader(header))
	d.UseNumber()
	err := object(d, func(name string) error {
		if name == "__metadata__" {
			s.Metadata = map[string]string{}
			return object(d, func(key string) error {
				v, err := text(d)
				s.Metadata[key] = v
				return err
			})
		}
		e, err := parseEntry(d)
		if err != nil {
			return err
		}
		s.tensors[name] = e
		s.names = append(s.names, name)
		return nil
	})
	if err != nil {
		return fmt.Errorf("header: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("header: more than one JSON value")
	}
	return nil
}

func parseEntry(d *json.Decoder) (e stEntry, err error) {
	var offsets []int64
	seen := map[string]bool{}
	err = object(d, func(key string) (err error) {
		seen[key] = true
		switch key {
		case "dtype":
			e.dtype, err = text(d)
		case "shape":
			var dims []int64
			dims, err = sizes(d, strconv.IntSize-1)
			for _, n := range dims {
				e.shape = append(e.shape, int(n))
			}
		case "data_offsets":
			offsets, err = sizes(d, 63)
		default:
			err = errors.New("unknown key")
		}
		return err
	})
	if err != nil {
		return e, err
	}
	for _, key := range []string{"dtype", "shape", "data_offsets"} {
		if !seen[key] {
			return e, fmt.Errorf("%s is missing", key)
		}
	}
	if len(offsets) != 2 || offsets[0] > offsets[1] {
		return e, fmt.Errorf("data_offsets are %v, expected a begin and an end", offsets)
	}
	e.begin, e.end = offsets[0], offsets[1]
	return e, e.resolve()
}

// resolve checks the entry's size and finds out how it is read.
func (e *stEntry) resolve() error {
	values, ok := product(e.shape)
	if !ok {
		return fmt.Errorf("shape %v overflows", e.shape)
	}
	row, known := stTypes[e.dtype]
	if !known {
		e.unfit = fmt.Errorf("dtype %q is not known", e.dtype)
		return nil
	}
	if values > math.MaxInt64/64 {
		return fmt.Errorf("shape %v overflows", e.shape)
	}
	if want := (values*int64(row.bits) + 7) / 8; want != e.end-e.begin {
		return fmt.Errorf("%s%v takes %d bytes, data_offsets have %d", e.dtype, e.shape, want, e.end-e.begin)
	}
	if row.as == tensor.Invalid {
		e.unfit = fmt.Errorf("dtype %s cannot be used", e.dtype)
		return nil
	}
	shape := tensor.Shape(e.shape)
	if len(shape) == 0 {
		shape = tensor.Shape{1}
	}
	spec := tensor.Spec{DType: row.as, Shape: shape}
	if err := spec.Check(); err != nil {
		e.unfit, spec.DType = err, tensor.Invalid
	}
	e.spec, e.convert = spec, row.convert
	return nil
}

// product multiplies sizes; it is false where the product is over an int64. No size is negative.
func product(shape []int) (int64, bool) {
	n := uint64(1)
	zero := false
	for _, d := range shape {
		if d == 0 {
			zero = true
			continue
		}
		hi, lo := bits.Mul64(n, uint64(d))
		if hi != 0 || lo > math.MaxInt64 {
			return 0, false
		}
		n = lo
	}
	if zero {
		return 0, true
	}
	return int64(n), true
}

// object reads a JSON object and calls member for each key, to read its value. A key that comes twice is an
// error: what one reader checks would not be what another uses.
func object(d *json.Decoder, member func(key string) error) error {
	if err := delim(d, '{'); err != nil {
		return err
	}
	seen := map[string]bool{}
	for d.More() {
		key, err := text(d)
		if err != nil {
			return err
		}
		if seen[key] {
			return fmt.Errorf("%s: key occurs twice", key)
		}
		seen[key] = true
		if err := member(key); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	return delim(d, '}')
}

// maxDims is the most dimensions a shape may have, far more than any tensor has.
const maxDims = 64

// sizes reads a JSON array of integers from 0 that fit in so many bits.
func sizes(d *json.Decoder, bits int) ([]int64, error) {
	if err := delim(d, '['); err != nil {
		return nil, err
	}
	v := []int64{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, err
		}
		num, ok := t.(json.Number)
		if !ok {
			return nil, fmt.Errorf("%v is not a number", t)
		}
		n, err := strconv.ParseUint(string(num), 10, bits)
		if err != nil {
			return nil, fmt.Errorf("%s is not a size", num)
		}
		if v = append(v, int64(n)); len(v) > maxDims {
			return nil, fmt.Errorf("more than %d sizes", maxDims)
		}
	}
	return v, delim(d, ']')
}

func text(d *json.Decoder) (string, error) {
	t, err := d.Token()
	if err != nil {
		return "", err
	}
	s, ok := t.(string)
	if !ok {
		return "", fmt.Errorf("%v is not a string", t)
	}
	return s, nil
}

func delim(d *json.Decoder, want json.Delim) error {
	t, err := d.Token()
	if err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return err
	}
	if t != want {
		return fmt.Errorf("got %v, expected %v", t, want)
	}
	return nil
}
