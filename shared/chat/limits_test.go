package chat

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// Templates are untrusted code: whatever they do ends in bounded time and memory.
func TestLimits(t *testing.T) {
	small := Limits{Steps: 200_000, Memory: 4 << 20, Output: 1 << 20, Calls: 50}
	in := Input{Messages: []Value{Message("user", strings.Repeat("ab ", 1000))}, Limits: small}
	for _, src := range []string{
		"{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}",
		"{% for i in range(100000) %}{{ 'xxxxxxxxxxxxxxxxxxxxxxxxxxxx' }}{% endfor %}",
		"{{ 'a' * 1000000000 }}",
		"{{ [1] * 1000000000 }}",
		"{{ 'ab' * (10 ** 30) }}",
		"{{ 10 ** (10 ** 10) }}",
		"{{ (10 ** 4000) * (10 ** 4000) }}",
		"{% set ns = namespace(s='ab') %}{% for i in range(100) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
		"{% set ns = namespace(s='ab') %}{% for i in range(100) %}{% set ns.s = ns.s.replace('a', 'aaaaaaaaaa') %}{% endfor %}",
		"{% set ns = namespace(l=[1]) %}{% for i in range(100) %}{% set ns.l = ns.l + ns.l %}{% endfor %}",
		"{% set ns = namespace(l=[]) %}{% for i in range(10000) %}{% set ns.l = [ns.l] %}{% endfor %}{{ ns.l }}",
		"{% set ns = namespace(l=[]) %}{% for i in range(10000) %}{% set ns.l = [ns.l] %}{% endfor %}{{ ns.l|tojson }}",
		"{% set ns = namespace(l=[], k=[]) %}{% for i in range(10000) %}{% set ns.l = [ns.l] %}{% set ns.k = [ns.k] %}{% endfor %}{{ ns.l == ns.k }}",
		"{% set ns = namespace(l=[], k=[]) %}{% for i in range(10000) %}{% set ns.l = [ns.l] %}{% set ns.k = [ns.k] %}{% endfor %}{{ ns.l < ns.k }}",
		"{% set ns = namespace(l=()) %}{% for i in range(10000) %}{% set ns.l = (ns.l, 1) %}{% endfor %}{{ {ns.l: 1} }}",
		"{% set ns = namespace() %}{% set ns.x = ns %}{{ ns }}",
		"{% set ns = namespace(l=[1]) %}{% for i in range(60) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l }}",
		"{% set ns = namespace(l=[1]) %}{% for i in range(60) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l|tojson }}",
		"{% set ns = namespace(l=[1], k=[1]) %}{% for i in range(60) %}{% set ns.l = [ns.l, ns.l] %}{% set ns.k = [ns.k, ns.k] %}{% endfor %}{{ ns.l == ns.k }}",
		"{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
		"{% macro f(n) %}{{ f(n + 1) }}{{ f(n + 1) }}{% endmacro %}{{ f(0) }}",
		"{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}",
		"{% macro f() %}{{ caller() }}{% endmacro %}{% macro g() %}{% call f() %}{{ g() }}{% endcall %}{% endmacro %}{{ g() }}",
		"{{ '%1000000000d' % 1 }}",
		"{{ '%.1000000000f' % 1.5 }}",
		"{{ '{:1000000000}'.format(1) }}",
		"{{ 'a'.center(1000000000) }}",
		"{{ 'a'.zfill(1000000000) }}",
		"{{ '\t\t\t\t\t\t\t\t\t\t'.expandtabs(1000000000) }}",
		"{{ 'a\nb'|indent(1000000000) }}",
		"{{ [1]|tojson(indent=1000000000) }}",
		"{{ [1, 2]|batch(1000000000, 'x')|list }}",
		"{{ [1, 2]|slice(1000000000)|list }}",
		"{% for i in range(100000) %}{% if 'x' in messages[0].content %}{% endif %}{% endfor %}",
		"{% for i in range(100000) %}{% if messages[0].content|length %}{% endif %}{% endfor %}",
		"{% for i in range(100000) %}{% if messages[0].content == messages[0].content + '' %}{% endif %}{% endfor %}",
		"{% for i in range(100000) %}{{ messages[0].content.split()|length }}{% endfor %}",
		"{% for i in range(100000) %}{{ messages[0].content[i] }}{{ messages[0].content|upper|length }}{% endfor %}",
		"{% for c in messages[0].content %}{% for d in messages[0].content %}{{ loop.last }}{% endfor %}{% endfor %}",
		"{{ range(100000)|map('string')|map('center', 1000)|join|length }}",
		"{{ range(100000)|list|sort|list|sort|list|sort|list|sort }}",
		"{% set s = 'ab' * 10000 %}{{ s.split('a')|join(s)|length }}",
		"{{ ('x' * 100000).replace('', 'y' * 100000) }}",
		"{% set ns = namespace(f='x') %}{% for i in range(100) %}{% set ns.f = '{0}{0}{0}'.format(ns.f) %}{% endfor %}",
	} {
		tmpl, err := Parse(src)
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		start := time.Now()
		r, err := tmpl.Render(in)
		if !errors.Is(err, ErrLimit) {
			t.Errorf("%s\ngot %.100q and error %v, want one about a limit", src, r.String(), err)
		}
		var e *Error
		if !errors.As(err, &e) || e.Line < 1 || e.Column < 1 {
			t.Errorf("%s: error %v has no place", src, err)
		}
		// far above what these limits allow on a slow machine
		if d := time.Since(start); d > 10*time.Second {
			t.Errorf("%s: took %v", src, d)
		}
	}
}

// Sources are bounded, too.
func TestParseLimits(t *testing.T) {
	for name, src := range map[string]string{
		"size":       strings.Repeat("x", maxSource+1),
		"parens":     "{{ " + strings.Repeat("(", 5000) + "1" + strings.Repeat(")", 5000) + " }}",
		"lists":      "{{ " + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + " }}",
		"blocks":     strings.Repeat("{% if 1 %}", 5000) + strings.Repeat("{% endif %}", 5000),
		"not":        "{{ " + strings.Repeat("not ", 5000) + "1 }}",
		"minus":      "{{ " + strings.Repeat("-", 5000) + "1 }}",
		"else":       "{{ " + strings.Repeat("1 if 0 else ", 5000) + "1 }}",
		"plus":       "{{ 1" + strings.Repeat(" + 1", 5000) + " }}",
		"attributes": "{{ a" + strings.Repeat(".a", 5000) + " }}",
		"filters":    "{{ a" + strings.Repeat("|upper", 5000) + " }}",
		"tests":      "{{ a" + strings.Repeat(" is defined|upper", 5000) + " }}",
		"calls":      "{{ a" + strings.Repeat("|upper()", 5000) + strings.Repeat("()", 5000) + " }}",
		"digits":     "{{ 1" + strings.Repeat("0", 100_000) + " }}",
		"names":      manyBranches(),
		"bytes":      "{{ '\xff' }}",
	} {
		start := time.Now()
		_, err := Parse(src)
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%s: got error %v, want one with a place", name, err)
		}
		if d := time.Since(start); d > 10*time.Second {
			t.Errorf("%s: took %v", name, d)
		}
	}
}

// manyBranches is a template of many names and many ifs, whose scopes would take
// the product of both.
func manyBranches() string {
	var b strings.Builder
	for i := range 5000 {
		b.WriteString("{% set a" + strings.Repeat("b", i%100) + string(rune('a'+i/100%26)) + string(rune('a'+i/2600)) + " = 1 %}")
	}
	b.WriteString(strings.Repeat("{% if x %}{% endif %}", 20_000))
	return b.String()
}

func TestErrorPlace(t *testing.T) {
	for src, want := range map[string]string{
		"a\nb{{ x.y }}":                "chat template, line 2, column 6: 'x' is undefined",
		"{{ 'é' + 1 }}":                `chat template, line 1, column 8: can only concatenate str (not "int") to str`,
		"a\r\n\r\n{% if %}":            "chat template, line 3, column 7: Expected an expression, got 'end of statement block'",
		"{% for x in y %}":             "chat template, line 1, column 17: Unexpected end of template. Jinja was looking for the following tags: 'endfor' or 'else'. The innermost block that needs to be closed is 'for'.",
		"{{ raise_exception('no!') }}": "chat template, line 1, column 19: no!",
		"{% macro f() %}\n{{ 1/0 }}{% endmacro %}{{ f() }}": "chat template, line 2, column 5: division by zero",
		"{{ messages|map('f')|list }}":                      "chat template, line 1, column 22: No filter named 'f'.",
	} {
		tmpl, err := Parse(src)
		if err == nil {
			_, err = tmpl.Render(Input{Messages: []Value{None()}})
		}
		if err == nil || err.Error() != want {
			t.Errorf("%q\ngot  %v\nwant %s", src, err, want)
			continue
		}
		var e *Error
		if errors.As(err, &e); e.Raised != strings.Contains(src, "raise") {
			t.Errorf("%q: raised is %v", src, e.Raised)
		}
	}
}

func TestRenderBadInput(t *testing.T) {
	tmpl, err := Parse("x")
	if err != nil {
		t.Fatal(err)
	}
	deep := List()
	for range 500 {
		deep = List(deep)
	}
	for name, in := range map[string]Input{
		"nil message":  {Messages: []Value{nil}},
		"nil in list":  {Messages: []Value{List(nil)}},
		"nil variable": {Extra: map[string]Value{"x": nil}},
		"deep":         {Messages: []Value{deep}},
		"function":     {Extra: map[string]Value{"f": globals["range"]}},
	} {
		if _, err := tmpl.Render(in); err == nil || !strings.HasPrefix(err.Error(), "chat: ") {
			t.Errorf("%s: got error %v", name, err)
		}
	}
}
