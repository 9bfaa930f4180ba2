package edge

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"graft/native/store"
)

// pieceBytes is the size of a piece: small enough that few are held beside the kernels' memory, large enough that a model
// is a few dozen. Static assets may be of 25 MiB, and values of KV too.
const pieceBytes = 4 << 20

// listed is a file as the Worker finds it: by its pieces.
type listed struct {
	Name   string   `json:"name"`
	Bytes  int64    `json:"bytes"`
	Pieces []string `json:"pieces"` // SHA-256 in hexadecimal digits, which is also a piece's name
}

// cutter writes pieces into a directory, each once.
type cutter struct {
	dir, suffix string
	names       []string // of all pieces, in the order they were written
	seen        map[string]bool
	bytes       int64
}

// cutAll cuts the files of a model or an adapter.
func (c *cutter) cutAll(files []File) ([]listed, error) {
	var all []listed
	for _, f := range files {
		l, err := c.cut(f)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Path, err)
		}
		all = append(all, l)
	}
	return all, nil
}

func (c *cutter) cut(from File) (listed, error) {
	f, err := os.Open(from.Path)
	if err != nil {
		return listed{}, err
	}
	defer f.Close()
	out := listed{Name: from.Name, Pieces: []string{}}
	buf := make([]byte, pieceBytes)
	for {
		n, err := io.ReadFull(f, buf)
		if n > 0 {
			piece, e := c.write(buf[:n])
			if e != nil {
				return listed{}, e
			}
			out.Pieces, out.Bytes = append(out.Pieces, piece), out.Bytes+int64(n)
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return out, nil
		}
		if err != nil {
			return listed{}, err
		}
	}
}

func (c *cutter) write(data []byte) (string, error) {
	sum := sha256.Sum256(data)
	name := hex.EncodeToString(sum[:])
	if c.seen[name] {
		return name, nil
	}
	c.seen[name] = true
	c.names = append(c.names, name)
	c.bytes += int64(len(data))
	return name, store.WriteFile(filepath.Join(c.dir, name+c.suffix), func(w io.Writer) error {
		_, err := io.Copy(w, bytes.NewReader(data))
		return err
	})
}
