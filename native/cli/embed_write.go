package cli

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// embedded is a line of embed's answer.
type embedded struct {
	Text      string    `json:"text"`
	Embedding []float32 `json:"embedding"`
}

func writeVectorsJSON(w io.Writer, texts []string, vectors [][]float32) error {
	b := bufio.NewWriter(w)
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	for i, v := range vectors {
		if err := e.Encode(embedded{texts[i], v}); err != nil {
			return err
		}
	}
	return b.Flush()
}

func writeVectorsCSV(w io.Writer, _ []string, vectors [][]float32) error {
	b := bufio.NewWriter(w)
	for _, v := range vectors {
		for j, x := range v {
			if j > 0 {
				b.WriteByte(',')
			}
			b.WriteString(strconv.FormatFloat(float64(x), 'g', -1, 32))
		}
		b.WriteByte('\n')
	}
	return b.Flush()
}

// writeVectorsNPY writes NumPy's format, version 1.0: magic, length of the header, header padded so that the data begin at
// a multiple of 64 bytes, little-endian float32 [texts, values].
func writeVectorsNPY(w io.Writer, _ []string, vectors [][]float32) error {
	width := 0
	if len(vectors) > 0 {
		width = len(vectors[0])
	}
	const magic = "\x93NUMPY\x01\x00"
	header := fmt.Sprintf("{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d), }", len(vectors), width)
	pad := 63 - (len(magic)+2+len(header))%64 // and a newline
	header += strings.Repeat(" ", pad) + "\n"
	b := bufio.NewWriter(w)
	b.WriteString(magic)
	b.Write(binary.LittleEndian.AppendUint16(nil, uint16(len(header))))
	b.WriteString(header)
	for _, v := range vectors {
		for _, x := range v {
			b.Write(binary.LittleEndian.AppendUint32(b.AvailableBuffer(), math.Float32bits(x)))
		}
	}
	return b.Flush()
}
