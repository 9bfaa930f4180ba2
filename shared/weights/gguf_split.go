package weights

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
)

// A model too large for one file is split into several, named "<name>-00001-of-00003.gguf" and so on. Each is a GGUF
// file with tensors of its own; the first has the metadata of all.

var splitName = regexp.MustCompile(`^(.*)-(\d{5})-of-(\d{5})\.gguf$`)

// SplitName is the name of part i, from 1, of n.
func SplitName(name string, i, n int) string { return fmt.Sprintf("%s-%05d-of-%05d.gguf", name, i, n) }

// SplitNames are the names of all parts of the model that a file's name says it is part of, nil for none.
func SplitNames(name string) []string {
	m := splitName.FindStringSubmatch(name)
	if m == nil {
		return nil
	}
	n, _ := strconv.Atoi(m[3]) // five digits
	i, _ := strconv.Atoi(m[2])
	if i < 1 || i > n || n > maxShards {
		return nil
	}
	names := make([]string, n)
	for i := range names {
		names[i] = SplitName(m[1], i+1, n)
	}
	return names
}

// openSplit opens the parts of a model. All that are missing or not what their names say are reported at once.
func openSplit(fsys fs.FS, names []string) (Source, error) {
	g := &GGUF{tensors: map[string]ggufTensor{}}
	var errs []error
	var all []ggufTensor
	for i, name := range names {
		f, err := openFile(fsys, name)
		if err != nil {
			errs = append(errs, fmt.Errorf("part %d of %d: %w", i+1, len(names), err))
			if len(errs) > mostWrong {
				break
			}
			continue
		}
		g.files = append(g.files, f)
		h, err := readGGUFHeader(f)
		if err == nil {
			err = h.isPart(i, len(names))
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
			continue
		}
		if i == 0 {
			g.Meta, g.Version = h.meta, h.version
		}
		if all = append(all, h.tensors...); len(all) > maxGGUFTensors {
			errs = append(errs, fmt.Errorf("%s: more than %d tensors in all", name, maxGGUFTensors))
			break
		}
	}
	if n, ok := g.Meta.Int("split.tensors.count"); errs == nil && ok && n != int64(len(all)) {
		errs = append(errs, fmt.Errorf("%s: split.tensors.count is %d, and the parts have %d", names[0], n, len(all)))
	}
	if errs == nil {
		if err := g.name(all); err != nil {
			errs = append(errs, err)
		}
	}
	if errs != nil {
		g.Close()
		return nil, fmt.Errorf("gguf: %w", errors.Join(errs...))
	}
	return g, nil
}

// isPart reports why a file is not part i, from 0, of n.
func (h ggufHeader) isPart(i, n int) error {
	no, ok := h.meta.Int("split.no")
	count, counted := h.meta.Int("split.count")
	if !ok || !counted || no != int64(i) || count != int64(n) {
		return fmt.Errorf("split.no %d of split.count %d, expected %d of %d as in its name", no, count, i, n)
	}
	return nil
}

// Part is one file of a model that is split.
type Part struct {
	Meta  Meta
	Items []Item
}

// SplitGGUF cuts a model into parts whose tensors take at most most bytes each, or one tensor that takes more.
func SplitGGUF(meta Meta, items []Item, most int64) []Part {
	var parts []Part
	var size int64
	for _, t := range items {
		n := int64(t.Size())
		if len(parts) == 0 || size+n > most {
			parts, size = append(parts, Part{}), 0
		}
		last := &parts[len(parts)-1]
		last.Items, size = append(last.Items, t), size+n
	}
	for i := range parts {
		m := &parts[i].Meta
		if i == 0 {
			for _, key := range meta.keys {
				m.Set(key, meta.values[key])
			}
		} else if v, ok := meta.values["general.alignment"]; ok {
			m.Set("general.alignment", v)
		}
		m.Set("split.no", uint16(i))
		m.Set("split.count", uint16(len(parts)))
		m.Set("split.tensors.count", int32(len(items)))
	}
	return slices.Clip(parts)
}
