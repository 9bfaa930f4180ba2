package tokenizer

import (
	"encoding/binary"
	"errors"
	"math"
)

// A message is one of Protocol Buffers in its wire format, of which SentencePiece's models use a few features.
type message []byte

var errMessage = errors.New("cut short, or no protocol buffer")

// A field of a message. number tells numbers and groups of numbers; bytes holds texts and messages.
type field struct {
	id     int
	number uint64
	bytes  []byte
}

// next takes the first field off the message.
func (m *message) next() (field, error) {
	key, n := binary.Uvarint(*m)
	if n <= 0 || key>>3 == 0 || key>>3 > 1<<29 {
		return field{}, errMessage
	}
	f, rest := field{id: int(key >> 3)}, (*m)[n:]
	switch key & 7 {
	case 0: // a number
		if f.number, n = binary.Uvarint(rest); n <= 0 {
			return f, errMessage
		}
	case 1: // eight bytes
		if n = 8; len(rest) < n {
			return f, errMessage
		}
		f.number = binary.LittleEndian.Uint64(rest)
	case 2: // bytes after their length
		size, k := binary.Uvarint(rest)
		if k <= 0 || size > uint64(len(rest)-k) {
			return f, errMessage
		}
		n = k + int(size)
		f.bytes = rest[k:n]
	case 5: // four bytes
		if n = 4; len(rest) < n {
			return f, errMessage
		}
		f.number = uint64(binary.LittleEndian.Uint32(rest))
	default: // groups, which nobody has used for decades
		return f, errMessage
	}
	*m = rest[n:]
	return f, nil
}

// float reads a number of four bytes.
func (f field) float() float32 { return math.Float32frombits(uint32(f.number)) }
