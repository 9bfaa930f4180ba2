package weights

import (
	"fmt"

	"graft/shared/tensor"
)

// Collected is a source of items: each tensor is what its item writes, made anew whenever it is read.
func Collected(items []Item) Source {
	c := &collected{items: map[string]Item{}}
	for _, t := range items {
		c.names, c.items[t.Name] = append(c.names, t.Name), t
	}
	return c
}

type collected struct {
	names []string
	items map[string]Item
}

func (c *collected) Names() []string             { return c.names }
func (c *collected) Bytes(string) ([]byte, bool) { return nil, false }
func (c *collected) Close() error                { return nil }

func (c *collected) Spec(name string) (tensor.Spec, bool) {
	t, ok := c.items[name]
	return t.Spec, ok
}

func (c *collected) Read(name string, dst []byte) error {
	t, ok := c.items[name]
	if !ok {
		return fmt.Errorf("%s: %w", name, ErrNotFound)
	}
	if err := checkSize(name, t.Spec, dst); err != nil {
		return err
	}
	b := collector(dst[:0])
	if err := t.Write(&b); err != nil {
		return err
	}
	if len(b) != len(dst) {
		return fmt.Errorf("%s: wrote %d bytes, expected %d", name, len(b), len(dst))
	}
	copy(dst, b) // where it was written to other memory
	return nil
}
