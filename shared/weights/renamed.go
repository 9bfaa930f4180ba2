package weights

import (
	"fmt"

	"graft/shared/tensor"
)

// Renamed is a view of src in which the tensors have the names that name makes of theirs. Where it changes none, the view
// is src itself. A tensor whose new name is empty is not in the view. Where it makes one name of two, the first tensor has it, and the other keeps its own.
func Renamed(src Source, name func(string) string) Source {
	v := &renamed{Source: src, of: map[string]string{}}
	changed := false
	for _, old := range src.Names() {
		now := name(old)
		if now == "" {
			changed = true
			continue
		}
		if _, taken := v.of[now]; taken {
			now = old
		}
		v.names, v.of[now] = append(v.names, now), old
		changed = changed || now != old
	}
	if !changed {
		return src
	}
	return v
}

type renamed struct {
	Source
	names []string
	of    map[string]string // the name in Source
}

func (v *renamed) Names() []string { return v.names }

func (v *renamed) Spec(name string) (tensor.Spec, bool) {
	old, ok := v.of[name]
	if !ok {
		return tensor.Spec{}, false
	}
	return v.Source.Spec(old)
}

func (v *renamed) Read(name string, dst []byte) error {
	old, ok := v.of[name]
	if !ok {
		return fmt.Errorf("%s: %w", name, ErrNotFound)
	}
	return v.Source.Read(old, dst)
}

func (v *renamed) Bytes(name string) ([]byte, bool) {
	old, ok := v.of[name]
	if !ok {
		return nil, false
	}
	return v.Source.Bytes(old)
}

// Range implements Ranger.
func (v *renamed) Range(name string) (func(dst []byte, off int64) error, bool) {
	old, ok := v.of[name]
	r, ranges := v.Source.(Ranger)
	if !ok || !ranges {
		return nil, false
	}
	return r.Range(old)
}

// Locate implements Locator.
func (v *renamed) Locate(name string) ([]Extent, bool) {
	old, ok := v.of[name]
	if !ok {
		return nil, false
	}
	return locate(v.Source, old)
}
