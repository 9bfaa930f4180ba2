package chat

import (
	"math/big"
)

// A test computes v is name(args).
type test func(m *machine, v Value, c *call) (bool, error)

// tests is the table of tests.
var tests = map[string]test{
	"boolean":     is(func(v Value) bool { _, ok := v.(boolValue); return ok }),
	"callable":    is(isCallable),
	"defined":     is(func(v Value) bool { _, no := v.(*undefined); return !no }),
	"divisibleby": testDivisible,
	"escaped":     is(func(v Value) bool { x, ok := v.(*text); return ok && x.safe }),
	"even":        testRest(0),
	"false":       is(func(v Value) bool { return v == boolValue(false) }),
	"filter":      testFilter,
	"float":       is(func(v Value) bool { _, ok := v.(floatValue); return ok }),
	"in":          testIn,
	"integer":     is(func(v Value) bool { _, no := v.(boolValue); return !no && isInteger(v) }),
	"iterable":    testIterable,
	"lower":       testCase(false),
	"mapping":     is(func(v Value) bool { _, ok := v.(*Dict); return ok }),
	"none":        is(func(v Value) bool { return v == none }),
	"number":      is(isNumber),
	"odd":         testRest(1),
	"sameas":      testSame,
	"sequence":    is(isSequence),
	"string":      is(func(v Value) bool { _, ok := v.(*text); return ok }),
	"test":        testTest,
	"true":        is(func(v Value) bool { return v == boolValue(true) }),
	"undefined":   is(func(v Value) bool { _, ok := v.(*undefined); return ok }),
	"upper":       testCase(true),

	"==": compares("=="), "eq": compares("=="), "equalto": compares("=="),
	"!=": compares("!="), "ne": compares("!="),
	"<": compares("<"), "lt": compares("<"), "lessthan": compares("<"),
	"<=": compares("<="), "le": compares("<="),
	">": compares(">"), "gt": compares(">"), "greaterthan": compares(">"),
	">=": compares(">="), "ge": compares(">="),
}

// is makes a test without arguments.
func is(f func(Value) bool) test {
	return func(m *machine, v Value, c *call) (bool, error) { return f(v), c.none() }
}

func compares(op string) test {
	return func(m *machine, v Value, c *call) (bool, error) {
		a, err := c.bind("other")
		if err != nil {
			return false, err
		}
		return compare(m, op, v, a[0])
	}
}

func isCallable(v Value) bool {
	switch v.(type) {
	case *function, *macro, *loop, *joiner, *undefined:
		return true
	}
	return false
}

// isSequence tells whether v has a length and items by index, as dicts and
// undefined have for Python.
func isSequence(v Value) bool {
	switch v.(type) {
	case *text, *list, *tuple, *Dict, *rangeValue, *undefined:
		return true
	}
	return false
}

func testIterable(m *machine, v Value, c *call) (bool, error) {
	switch v.(type) {
	case *text, *list, *tuple, *Dict, *rangeValue, *undefined, *view, *generator, *loop:
		return true, c.none()
	}
	return false, c.none()
}

func testIn(m *machine, v Value, c *call) (bool, error) {
	a, err := c.bind("seq")
	if err != nil {
		return false, err
	}
	return m.contains(a[0], v)
}

func testDivisible(m *machine, v Value, c *call) (bool, error) {
	a, err := c.bind("num")
	if err != nil {
		return false, err
	}
	rest, err := m.binary("%", v, a[0])
	if err != nil {
		return false, err
	}
	return equal(m, rest, intValue(0))
}

// testRest is odd and even.
func testRest(want int64) test {
	return func(m *machine, v Value, c *call) (bool, error) {
		if err := c.none(); err != nil {
			return false, err
		}
		if n, ok := smallOf(v); ok {
			return n&1 == want, nil
		}
		rest, err := m.binary("%", v, intValue(2))
		if err != nil {
			return false, err
		}
		return equal(m, rest, intValue(want))
	}
}

func testCase(upper bool) test {
	return func(m *machine, v Value, c *call) (bool, error) {
		x, err := m.str(v)
		if err != nil {
			return false, err
		}
		if err := m.work(len(x.s)); err != nil {
			return false, err
		}
		return isCase(x.s, upper), c.none()
	}
}

// testSame is Python's is.
func testSame(m *machine, v Value, c *call) (bool, error) {
	a, err := c.bind("other")
	if err != nil {
		return false, err
	}
	if n, ok := bigOf(v); ok {
		k, ok := bigOf(a[0])
		return ok && v.typeName() == a[0].typeName() && (*big.Int).Cmp(n, k) == 0, nil
	}
	return v == a[0], nil
}

func testFilter(m *machine, v Value, c *call) (bool, error) {
	x, ok := v.(*text)
	return ok && m.filters[x.s] != nil, c.none()
}

func testTest(m *machine, v Value, c *call) (bool, error) {
	x, ok := v.(*text)
	return ok && m.tests[x.s] != nil, c.none()
}
