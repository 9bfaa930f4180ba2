package weights

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
)

// ggufReader reads the header of a GGUF file. The first error stays; later reads give zeros.
type ggufReader struct {
	r    *bufio.Reader
	at   int64
	size int64
	err  error
	buf  [8]byte
}

func newGGUFReader(f File) *ggufReader {
	return &ggufReader{r: bufio.NewReaderSize(io.NewSectionReader(f, 0, f.Size()), 1<<16), size: f.Size()}
}

func (r *ggufReader) bytes(dst []byte) {
	if r.err != nil {
		clear(dst)
		return
	}
	n, err := io.ReadFull(r.r, dst)
	r.at += int64(n)
	if err != nil {
		clear(dst)
		r.err = fmt.Errorf("header at byte %d: %w", r.at, io.ErrUnexpectedEOF)
		if err != io.EOF && err != io.ErrUnexpectedEOF {
			r.err = err
		}
	}
}

func (r *ggufReader) uint32() uint32 {
	r.bytes(r.buf[:4])
	return binary.LittleEndian.Uint32(r.buf[:4])
}

func (r *ggufReader) uint64() uint64 {
	r.bytes(r.buf[:8])
	return binary.LittleEndian.Uint64(r.buf[:8])
}

// count reads a number of things that take at least least bytes each. A number over limit, or of more than the
// rest of the file could hold, is an error before anything is allocated.
func (r *ggufReader) count(what string, limit uint64, least int64) int {
	n := r.uint64()
	if r.err != nil {
		return 0
	}
	if n > limit {
		r.err = fmt.Errorf("%d %s are over the limit of %d", n, what, limit)
		return 0
	}
	if rest := r.size - r.at; n > uint64(rest)/uint64(least) {
		r.err = fmt.Errorf("%d %s do not fit in the %d bytes left", n, what, rest)
		return 0
	}
	return int(n)
}

func (r *ggufReader) string(limit uint64) string {
	b := make([]byte, r.count("bytes of a string", limit, 1))
	r.bytes(b)
	if r.err != nil {
		return ""
	}
	return string(b)
}

func (r *ggufReader) float32() float32 { return math.Float32frombits(r.uint32()) }
func (r *ggufReader) float64() float64 { return math.Float64frombits(r.uint64()) }
