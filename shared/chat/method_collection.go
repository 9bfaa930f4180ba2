package chat

import (
	"errors"
	"math"
	"math/big"
)

func methodGet(m *machine, self Value, c *call) (Value, error) {
	a, err := c.bind("key", "default?")
	if err != nil {
		return nil, err
	}
	d := self.(*Dict)
	i, err := d.lookup(m, a[0])
	if err != nil {
		return nil, err
	}
	switch {
	case i >= 0:
		return d.values[i], nil
	case a[1] != nil:
		return a[1], nil
	}
	return none, nil
}

func methodView(part string) method {
	return func(m *machine, self Value, c *call) (Value, error) {
		return &view{self.(*Dict), part}, c.none()
	}
}

func methodDictCopy(m *machine, self Value, c *call) (Value, error) { return self, c.none() }

func methodListCopy(m *machine, self Value, c *call) (Value, error) {
	items := self.(*list).items
	if err := m.allocItems(len(items)); err != nil {
		return nil, err
	}
	return &list{items}, c.none()
}

func methodFromKeys(m *machine, self Value, c *call) (Value, error) {
	a, err := c.bind("iterable", "value?")
	if err != nil {
		return nil, err
	}
	keys, err := m.all(a[0])
	if err != nil {
		return nil, err
	}
	value := a[1]
	if value == nil {
		value = none
	}
	d := NewDict()
	for _, k := range keys {
		if err := m.alloc(64); err != nil {
			return nil, err
		}
		if err := d.put(m, k, value); err != nil {
			return nil, err
		}
	}
	return d, nil
}

func methodItemCount(m *machine, self Value, c *call) (Value, error) {
	a, err := c.bind("value")
	if err != nil {
		return nil, err
	}
	items, err := m.all(self)
	if err != nil {
		return nil, err
	}
	n := 0
	for _, x := range items {
		same, err := equal(m, x, a[0])
		if err != nil {
			return nil, err
		}
		n += b2i(same)
	}
	return intValue(n), nil
}

func methodItemIndex(m *machine, self Value, c *call) (Value, error) {
	a, err := c.bind("value", "start?", "stop?")
	if err != nil {
		return nil, err
	}
	items, err := m.all(self)
	if err != nil {
		return nil, err
	}
	from, err := argInt(a[1], 0)
	if err != nil {
		return nil, err
	}
	to, err := argInt(a[2], math.MaxInt32)
	if err != nil {
		return nil, err
	}
	if from < 0 {
		from = max(0, from+len(items))
	}
	if to < 0 {
		to += len(items)
	}
	for i := from; i < min(to, len(items)); i++ {
		if same, err := equal(m, items[i], a[0]); err != nil || same {
			return intValue(i), err
		}
	}
	return nil, errors.New(quoted(a[0]) + " is not in " + self.typeName())
}

func methodBitLength(m *machine, self Value, c *call) (Value, error) {
	n, ok := bigOf(self)
	if !ok {
		return nil, errors.New("float has no bit_length")
	}
	return intValue(n.BitLen()), c.none()
}

func methodConjugate(m *machine, self Value, c *call) (Value, error) {
	if b, ok := self.(boolValue); ok {
		return integer(big.NewInt(int64(b2i(bool(b))))), c.none()
	}
	return self, c.none()
}

func methodIsInteger(m *machine, self Value, c *call) (Value, error) {
	if f, ok := self.(floatValue); ok {
		_, whole := wholeNumber(float64(f))
		return boolValue(whole), c.none()
	}
	return boolValue(true), c.none()
}
