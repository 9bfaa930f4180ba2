package chat

import (
	"strconv"
	"strings"
)

// indexFrom is the size from which a dict looks up keys by a map. Below it,
// comparing is faster.
const indexFrom = 12

// A Dict is Python's dict: it keeps the order in which keys came.
type Dict struct {
	keys, values []Value
	index        map[string]int // by hashKey, from indexFrom keys on
}

func (*Dict) typeName() string { return "dict" }

// NewDict returns an empty dict.
func NewDict() *Dict { return &Dict{} }

// Set sets the value of a key and returns d. It must not be called any more once
// d was given to Render.
func (d *Dict) Set(key string, value Value) *Dict {
	d.putText(literal(validUTF8(key)), value)
	return d
}

// Get returns the value of a key, nil if there is none.
func (d *Dict) Get(key string) Value {
	if i := d.find(key); i >= 0 {
		return d.values[i]
	}
	return nil
}

// Len returns the number of keys.
func (d *Dict) Len() int { return len(d.keys) }

// find returns the place of a string, -1 if it is no key.
func (d *Dict) find(key string) int {
	if d.index != nil {
		if i, ok := d.index["s"+key]; ok {
			return i
		}
		return -1
	}
	for i, k := range d.keys {
		if x, ok := k.(*text); ok && x.s == key {
			return i
		}
	}
	return -1
}

// lookup returns the place of any key, -1 if it is not there. The error is about
// keys that cannot be hashed.
func (d *Dict) lookup(m *machine, key Value) (int, error) {
	if x, ok := key.(*text); ok {
		return d.find(x.s), m.work(len(x.s))
	}
	h, err := hashKey(m, key, 0)
	if err != nil {
		return -1, err
	}
	if d.index != nil {
		if i, ok := d.index[h]; ok {
			return i, nil
		}
		return -1, nil
	}
	for i, k := range d.keys {
		other, err := hashKey(m, k, 0)
		if err != nil {
			return -1, err
		}
		if other == h {
			return i, nil
		}
	}
	return -1, nil
}

func (d *Dict) put(m *machine, key, value Value) error {
	if x, ok := key.(*text); ok {
		d.putText(x, value)
		return m.work(len(x.s))
	}
	i, err := d.lookup(m, key)
	if err != nil {
		return err
	}
	if i >= 0 {
		d.values[i] = value
		return nil
	}
	h, err := hashKey(m, key, 0)
	if err != nil {
		return err
	}
	d.append(key, value, h)
	return nil
}

func (d *Dict) putText(key *text, value Value) {
	if i := d.find(key.s); i >= 0 {
		d.values[i] = value
		return
	}
	d.append(key, value, "s"+key.s)
}

// append adds a key that is not there yet.
func (d *Dict) append(key, value Value, hash string) {
	d.keys = append(d.keys, key)
	d.values = append(d.values, value)
	if d.index != nil {
		d.index[hash] = len(d.keys) - 1
		return
	}
	if len(d.keys) < indexFrom {
		return
	}
	d.index = make(map[string]int, 2*len(d.keys))
	for i, k := range d.keys {
		if h, err := hashKey(nil, k, 0); err == nil {
			d.index[h] = i
		}
	}
}

// items are the pairs of key and value.
func (d *Dict) items() []Value {
	all := make([]Value, len(d.keys))
	pairs := make([]tuple, len(d.keys))
	both := make([]Value, 2*len(d.keys))
	for i := range d.keys {
		p := both[2*i : 2*i+2 : 2*i+2]
		p[0], p[1] = d.keys[i], d.values[i]
		pairs[i].items = p
		all[i] = &pairs[i]
	}
	return all
}

// hashKey is the same for two values if and only if they are the same key:
// 1, 1.0 and True are.
func hashKey(m *machine, v Value, depth int) (string, error) {
	if depth > maxDepth {
		return "", errDeep
	}
	switch v := v.(type) {
	case *text:
		return "s" + v.s, m.work(len(v.s))
	case noneValue:
		return "N", nil
	case boolValue:
		if v {
			return "i1", nil
		}
		return "i0", nil
	case intValue:
		return "i" + strconv.FormatInt(int64(v), 10), nil
	case bigValue:
		return "i" + v.n.String(), nil
	case floatValue:
		if n, ok := wholeNumber(float64(v)); ok {
			return hashKey(m, n, depth+1)
		}
		return "f" + strconv.FormatFloat(float64(v), 'g', -1, 64), nil
	case *undefined:
		return "U", nil
	case *tuple:
		var key strings.Builder
		key.WriteByte('(')
		for _, x := range v.items {
			h, err := hashKey(m, x, depth+1)
			if err != nil {
				return "", err
			}
			key.WriteString(strconv.Itoa(len(h)))
			key.WriteByte(':')
			key.WriteString(h)
		}
		return key.String(), m.work(key.Len())
	}
	return "", typeErrorf("unhashable type: '%s'", v.typeName())
}
