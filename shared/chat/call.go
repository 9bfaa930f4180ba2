package chat

import (
	"math"
	"strings"
)

// A call has the arguments of a function, method, filter or test.
type call struct {
	name string // of what is called, for errors
	args []Value
	kw   []keyword
}

// A keyword is an argument by name. The name knows where it is from, too.
type keyword struct {
	name  *text
	value Value
}

// bind matches the arguments with parameters, in whose names a "?" at the end
// marks those that may be absent. Absent arguments are nil.
func (c *call) bind(params ...string) ([]Value, error) {
	values := make([]Value, len(params))
	if len(c.args) > len(params) {
		return nil, typeErrorf("%s() takes at most %d arguments (%d given)", c.name, len(params), len(c.args))
	}
	copy(values, c.args)
next:
	for _, k := range c.kw {
		for i, p := range params {
			if strings.TrimSuffix(p, "?") != k.name.s {
				continue
			}
			if values[i] != nil {
				return nil, typeErrorf("%s() got multiple values for argument '%s'", c.name, k.name.s)
			}
			values[i] = k.value
			continue next
		}
		return nil, typeErrorf("%s() got an unexpected keyword argument '%s'", c.name, k.name.s)
	}
	for i, p := range params {
		if values[i] == nil && !strings.HasSuffix(p, "?") {
			return nil, typeErrorf("%s() missing required argument '%s'", c.name, p)
		}
	}
	return values, nil
}

// none binds no arguments.
func (c *call) none() error {
	_, err := c.bind()
	return err
}

// take removes a keyword argument and returns it, nil if it is not there.
func (c *call) take(name string) Value {
	for i, k := range c.kw {
		if k.name.s == name {
			c.kw = append(c.kw[:i:i], c.kw[i+1:]...)
			return k.value
		}
	}
	return nil
}

// argText is a string argument, nil if it is absent or None.
func argText(v Value) (*text, error) {
	switch v := v.(type) {
	case nil, noneValue:
		return nil, nil
	case *text:
		return v, nil
	case *undefined:
		return nil, v
	}
	return nil, typeErrorf("expected str, got %s", v.typeName())
}

// argInt is an integer argument, or what to take if it is absent or None.
func argInt(v Value, otherwise int) (int, error) {
	switch v := v.(type) {
	case nil, noneValue:
		return otherwise, nil
	case *undefined:
		return 0, v
	case bigValue:
		return math.MaxInt32 * v.n.Sign(), nil
	}
	n, ok := smallOf(v)
	if !ok {
		return 0, typeErrorf("'%s' object cannot be interpreted as an integer", v.typeName())
	}
	return int(min(max(n, -math.MaxInt32), math.MaxInt32)), nil
}

// argBool is the truth of an argument, or what to take if it is absent.
func argBool(v Value, otherwise bool) (bool, error) {
	if v == nil {
		return otherwise, nil
	}
	return truth(v)
}

// A function is something built in that can be called.
type function struct {
	name string
	call func(m *machine, c *call) (Value, error)
	kind string // Python's name of the type; "" is builtin_function_or_method
}

func (f *function) typeName() string {
	if f.kind != "" {
		return f.kind
	}
	return "builtin_function_or_method"
}

// invoke calls v.
func (m *machine) invoke(v Value, c *call) (Value, error) {
	if err := m.work(0); err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case *function:
		c.name = v.name
		return v.call(m, c)
	case *macro:
		return m.callMacro(v, c)
	case *loop:
		return m.callLoop(v, c)
	case *joiner:
		return v.join(c)
	case *undefined:
		return nil, v
	}
	return nil, typeErrorf("'%s' object is not callable", v.typeName())
}
