package prompt

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Validate holds a value against a JSON Schema (2020-12, without remote references, dynamic references and formats) and returns what
// is wrong, each with its place, such as "customer.age: expected at least 0, got -1".
func Validate(schema *Object, v any) []string {
	c := &checker{root: schema, keywords: keywords()}
	c.check(schema, v, "")
	return c.bad
}

// maxFindings is where a validation stops.
const maxFindings = 20

type checker struct {
	root     *Object
	keywords []keyword
	bad      []string
	deep     int
}

func (c *checker) fail(at, format string, args ...any) {
	if at == "" {
		at = "the value"
	}
	if len(c.bad) < maxFindings {
		c.bad = append(c.bad, at+": "+fmt.Sprintf(format, args...))
	}
}

// keywords are what a schema may demand of a value, in the order they are checked.
func keywords() []keyword {
	return []keyword{
		{"$ref", (*checker).reference},
		{"type", (*checker).kind},
		{"enum", (*checker).enum},
		{"const", (*checker).constant},
		{"required", (*checker).required},
		{"properties", (*checker).properties},
		{"patternProperties", (*checker).patterns},
		{"additionalProperties", (*checker).additional},
		{"propertyNames", (*checker).names},
		{"minProperties", count("at least %g fields", isLess)},
		{"maxProperties", count("at most %g fields", isMore)},
		{"items", (*checker).items},
		{"prefixItems", (*checker).prefix},
		{"contains", (*checker).contains},
		{"minItems", count("at least %g elements", isLess)},
		{"maxItems", count("at most %g elements", isMore)},
		{"uniqueItems", (*checker).unique},
		{"minLength", count("at least %g characters", isLess)},
		{"maxLength", count("at most %g characters", isMore)},
		{"pattern", (*checker).pattern},
		{"minimum", compare("at least %g", isLess)},
		{"maximum", compare("at most %g", isMore)},
		{"exclusiveMinimum", compare("more than %g", func(v, want float64) bool { return v <= want })},
		{"exclusiveMaximum", compare("less than %g", func(v, want float64) bool { return v >= want })},
		{"multipleOf", compare("a multiple of %g", noMultiple)},
		{"allOf", (*checker).all},
		{"anyOf", (*checker).any},
		{"oneOf", (*checker).one},
		{"not", (*checker).not},
		{"if", (*checker).condition},
	}
}

type keyword struct {
	name  string
	check func(c *checker, schema *Object, want, v any, at string)
}

// multipleTolerance is what division leaves of a decimal such as 1.11 / 0.01, relative to the quotient.
const multipleTolerance = 1e-12

func noMultiple(v, want float64) bool {
	q := v / want
	return want > 0 && math.Abs(q-math.Round(q)) > multipleTolerance*max(1, math.Abs(q))
}

func isLess(v, want float64) bool { return v < want }
func isMore(v, want float64) bool { return v > want }

// check holds v against a schema, which may also be true or false.
func (c *checker) check(schema, v any, at string) {
	switch s := schema.(type) {
	case bool:
		if !s {
			c.fail(at, "is not allowed")
		}
	case *Object:
		if c.deep++; c.deep > maxNesting {
			c.fail(at, "the schema refers to itself without end")
		} else {
			for _, k := range c.keywords {
				if want, ok := s.Get(k.name); ok && len(c.bad) < maxFindings {
					k.check(c, s, want, v, at)
				}
			}
		}
		c.deep--
	default:
		c.fail(at, "the schema is %.40s, expected an object, true or false", FormatJSON(schema, 0))
	}
}

// fits reports whether v fits a schema, without saying why not.
func (c *checker) fits(schema, v any) bool {
	inner := &checker{root: c.root, keywords: c.keywords, deep: c.deep}
	inner.check(schema, v, "")
	return len(inner.bad) == 0
}

func under(at, key string) string {
	if at == "" {
		return key
	}
	return at + "." + key
}

func (c *checker) reference(_ *Object, want, v any, at string) {
	target, ok := Resolve(c.root, display(want))
	if !ok {
		c.fail(at, "the schema refers to %q, expected a place in itself such as #/$defs/name", display(want))
		return
	}
	c.check(target, v, at)
}

// Resolve is what a reference such as #/$defs/name refers to in a schema.
func Resolve(root *Object, ref string) (target any, ok bool) {
	pointer, local := strings.CutPrefix(ref, "#")
	if !local || pointer != "" && pointer[0] != '/' {
		return nil, false
	}
	target = root
	if pointer == "" {
		return target, true
	}
	for _, part := range strings.Split(pointer[1:], "/") {
		part = strings.NewReplacer("~1", "/", "~0", "~").Replace(part)
		if target, ok = field(target, part); !ok {
			return nil, false
		}
	}
	return target, true
}

// kindOf is a value's JSON type.
func kindOf(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case float64:
		if v == math.Trunc(v) {
			return "integer"
		}
		return "number"
	case string:
		return "string"
	case []any:
		return "array"
	}
	return "object"
}

func (c *checker) kind(_ *Object, want, v any, at string) {
	kinds, ok := want.([]any)
	if !ok {
		kinds = []any{want}
	}
	have := kindOf(v)
	if !slices.Contains(kinds, any(have)) && !(have == "integer" && slices.Contains(kinds, any("number"))) {
		c.fail(at, "expected %s, got %.40s", display(want), FormatJSON(v, 0))
	}
}

func (c *checker) enum(_ *Object, want, v any, at string) {
	values, _ := want.([]any)
	if !slices.ContainsFunc(values, func(w any) bool { return Equal(w, v) }) {
		c.fail(at, "expected one of %s, got %.40s", FormatJSON(want, 0), FormatJSON(v, 0))
	}
}

func (c *checker) constant(_ *Object, want, v any, at string) {
	if !Equal(want, v) {
		c.fail(at, "expected %.40s, got %.40s", FormatJSON(want, 0), FormatJSON(v, 0))
	}
}

func (c *checker) required(_ *Object, want, v any, at string) {
	o, ok := v.(*Object)
	names, _ := want.([]any)
	for _, n := range names {
		if _, has := o.Get(display(n)); ok && !has {
			c.fail(under(at, display(n)), "is missing")
		}
	}
}

func (c *checker) properties(_ *Object, want, v any, at string) {
	schemas, _ := want.(*Object)
	o, _ := v.(*Object)
	for _, k := range schemas.Keys() {
		if value, ok := o.Get(k); ok {
			c.check(schemas.values[k], value, under(at, k))
		}
	}
}

// unicodeEscape is a character of ECMAScript's patterns by its number.
var unicodeEscape = regexp.MustCompile(`\\(\\|u([0-9A-Fa-f]{4})|u\{([0-9A-Fa-f]{1,6})\})`)

// GoPattern is a pattern of a schema, which is ECMAScript's, in Go's syntax: they differ in \u4e00.
func GoPattern(pattern string) string {
	return unicodeEscape.ReplaceAllStringFunc(pattern, func(m string) string {
		if m == `\\` {
			return m
		}
		return `\x{` + strings.Trim(m[2:], "{}") + `}`
	})
}

// expression compiles a pattern of the schema; Go's syntax is near enough to ECMAScript's for what schemas say.
func (c *checker) expression(pattern, at string) *regexp.Regexp {
	e, err := regexp.Compile(GoPattern(pattern))
	if err != nil {
		c.fail(at, "the schema's pattern %q cannot be read: %v", pattern, err)
	}
	return e
}

func (c *checker) patterns(_ *Object, want, v any, at string) {
	schemas, _ := want.(*Object)
	o, _ := v.(*Object)
	for _, pattern := range schemas.Keys() {
		e := c.expression(pattern, at)
		for _, k := range o.Keys() {
			if e != nil && e.MatchString(k) {
				c.check(schemas.values[pattern], o.values[k], under(at, k))
			}
		}
	}
}

func (c *checker) additional(s *Object, want, v any, at string) {
	o, _ := v.(*Object)
	listed, _ := s.Get("properties")
	patterns, _ := s.Get("patternProperties")
	patternObject, _ := patterns.(*Object)
	for _, k := range o.Keys() {
		_, known := field(listed, k)
		for _, p := range patternObject.Keys() {
			if e := c.expression(p, at); e != nil && e.MatchString(k) {
				known = true
			}
		}
		switch {
		case known:
		case want == false:
			c.fail(under(at, k), "is not known, expected one of %s", strings.Join(keysOf(listed), ", "))
		default:
			c.check(want, o.values[k], under(at, k))
		}
	}
}

func keysOf(v any) []string {
	o, _ := v.(*Object)
	return o.Keys()
}

func (c *checker) names(_ *Object, want, v any, at string) {
	for _, k := range keysOf(v) {
		c.check(want, k, under(at, k))
	}
}

func (c *checker) items(s *Object, want, v any, at string) {
	list, _ := v.([]any)
	prefix, _ := s.values["prefixItems"].([]any)
	for i := len(prefix); i < len(list); i++ {
		c.check(want, list[i], at+"["+strconv.Itoa(i)+"]")
	}
}

func (c *checker) prefix(_ *Object, want, v any, at string) {
	list, _ := v.([]any)
	schemas, _ := want.([]any)
	for i := range min(len(list), len(schemas)) {
		c.check(schemas[i], list[i], at+"["+strconv.Itoa(i)+"]")
	}
}

func (c *checker) contains(_ *Object, want, v any, at string) {
	if list, ok := v.([]any); ok && !slices.ContainsFunc(list, func(e any) bool { return c.fits(want, e) }) {
		c.fail(at, "no element is as the schema asks")
	}
}

func (c *checker) unique(_ *Object, want, v any, at string) {
	list, _ := v.([]any)
	for i := range list {
		for j := range i {
			if want == true && Equal(list[i], list[j]) {
				c.fail(at, "elements %d and %d are equal", j, i)
				return
			}
		}
	}
}

// count makes a check of a length: of a text, a list or an object, whichever the keyword is about.
func count(what string, bad func(v, want float64) bool) func(*checker, *Object, any, any, string) {
	return func(c *checker, _ *Object, want, v any, at string) {
		n := 0
		switch x := v.(type) {
		case string:
			if !strings.Contains(what, "characters") {
				return
			}
			n = utf8.RuneCountInString(x)
		case []any:
			if !strings.Contains(what, "elements") {
				return
			}
			n = len(x)
		case *Object:
			if !strings.Contains(what, "fields") {
				return
			}
			n = len(x.keys)
		default:
			return
		}
		if w, ok := want.(float64); ok && bad(float64(n), w) {
			c.fail(at, "expected "+what+", got %d", w, n)
		}
	}
}

func compare(what string, bad func(v, want float64) bool) func(*checker, *Object, any, any, string) {
	return func(c *checker, _ *Object, want, v any, at string) {
		x, ok := v.(float64)
		if w, okay := want.(float64); ok && okay && bad(x, w) {
			c.fail(at, "expected "+what+", got %g", w, x)
		}
	}
}

func (c *checker) pattern(_ *Object, want, v any, at string) {
	if s, ok := v.(string); ok {
		if e := c.expression(display(want), at); e != nil && !e.MatchString(s) {
			c.fail(at, "expected a text that matches %s, got %.40q", display(want), s)
		}
	}
}

func (c *checker) all(_ *Object, want, v any, at string) {
	schemas, _ := want.([]any)
	for _, s := range schemas {
		c.check(s, v, at)
	}
}

func (c *checker) matching(want, v any) (n int) {
	schemas, _ := want.([]any)
	for _, s := range schemas {
		if c.fits(s, v) {
			n++
		}
	}
	return n
}

func (c *checker) any(_ *Object, want, v any, at string) {
	if c.matching(want, v) == 0 {
		c.fail(at, "fits none of the schemas of anyOf")
	}
}

func (c *checker) one(_ *Object, want, v any, at string) {
	if n := c.matching(want, v); n != 1 {
		c.fail(at, "fits %d of the schemas of oneOf, expected 1", n)
	}
}

func (c *checker) not(_ *Object, want, v any, at string) {
	if c.fits(want, v) {
		c.fail(at, "is what the schema rules out")
	}
}

func (c *checker) condition(s *Object, want, v any, at string) {
	branch := "else"
	if c.fits(want, v) {
		branch = "then"
	}
	if then, ok := s.Get(branch); ok {
		c.check(then, v, at)
	}
}
