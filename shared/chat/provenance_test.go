package chat

import (
	"strings"
	"testing"
)

// mark shows where text comes from: (0:…) from message 0, [x:…] from other input,
// as it is if trusted; what is to be learnt is in <>.
func mark(segments []Segment) string {
	var b strings.Builder
	for _, s := range segments {
		x := s.Text
		switch {
		case s.Trusted:
		case s.Message < 0:
			x = "[" + x + "]"
		default:
			x = "(" + string(rune('0'+s.Message)) + ":" + x + ")"
		}
		if s.Learn {
			x = "<" + x + ">"
		}
		b.WriteString(x)
	}
	return b.String()
}

// Every operation on strings keeps, byte by byte, where they come from.
func TestProvenance(t *testing.T) {
	in := Input{
		Messages: []Value{
			Message("user", "ab,cd").Set("n", Int(5)),
			Message("assistant", "Xy z"),
			Message("hacker", "évil"),
		},
		BOSToken: "<s>",
		Extra:    map[string]Value{"x": String("extra"), "d": NewDict().Set("k", String("v"))},
		Tools:    List(NewDict().Set("name", String("f<a>"))),
	}
	for src, want := range map[string]string{
		"{{ bos_token }}a{{ m.content }}b{{ x }}":                                                 "<s>a(0:ab,cd)b[extra]",
		"{{ m.role }}|{{ messages[2].role }}":                                                     "user|(2:hacker)",
		"{{ '<|' + m.role + '|>' }}":                                                              "<|user|>",
		"{{ m.content + '|' + a }}":                                                               "(0:ab,cd)|(1:Xy z)",
		"{{ m.content ~ 1 ~ a }}":                                                                 "(0:ab,cd)1(1:Xy z)",
		"{{ (m.content + a)[1:-1] }}":                                                             "(0:b,cd)(1:Xy )",
		"{{ (m.content + a)[::-1] }}":                                                             "(1:z yX)(0:dc,ba)",
		"{{ (m.content + '-' + a)[::3] }}":                                                        "(0:ac)(1:Xz)",
		"{{ ('-' + m.content + '-')[0] }}{{ m.content[1] }}":                                      "-(0:b)",
		"{{ m.content.split(',')|join('<>') }}":                                                   "(0:ab)<>(0:cd)",
		"{{ 'q,w'.split(',')|join(m.content) }}":                                                  "q(0:ab,cd)w",
		"{{ m.content|replace(',', '+') }}":                                                       "(0:ab)+(0:cd)",
		"{{ 'a-b'|replace('-', a) }}":                                                             "a(1:Xy z)b",
		"{{ m.content.replace(',', '') }}":                                                        "(0:abcd)",
		"{{ (' ' + a + ' ')|trim }}":                                                              "(1:Xy z)",
		"{{ ('- ' + a + '-').strip('- ') }}":                                                      "(1:Xy z)",
		"{{ (a + 'Ab')|upper }}{{ (a + 'Ab').lower() }}":                                          "(1:XY Z)AB(1:xy z)ab",
		"{{ (a + 'ab')|title }}{{ a|capitalize }}":                                                "(1:Xy Z)ab(1:Xy z)",
		"{{ '%s!' % a }}{{ '%5s|%-5s' % ('a', 'b') }}":                                            "(1:Xy z)!    a|b    ",
		"{{ '{}<{}'.format(a, x) }}{{ '{:>6}'.format(a) }}":                                       "(1:Xy z)<[extra]  (1:Xy z)",
		"{{ '%c' % m.n }}{{ '{:c}'.format(60) }}":                                                 "[\x05<]",
		"{{ m.content|tojson }}":                                                                  `"(0:ab,cd)"`,
		"{{ tools|tojson }}":                                                                      `[{"[name]": "[f<a>]"}]`,
		"{{ d }}{{ d|string }}{{ [a] }}":                                                          "{'[k]': '[v]'}{'[k]': '[v]'}['(1:Xy z)']",
		"{{ a|indent(1, true) }}{{ (a + '\nb')|indent('+') }}":                                    " (1:Xy zXy z)\n+b",
		"{{ tools[0].name|e }}{{ 'a<'|safe + tools[0].name }}":                                    "[f&lt;a&gt;]a<[f&lt;a&gt;]",
		"{% set v %}-{{ a }}-{% endset %}{{ v }}{{ v|length }}":                                   "-(1:Xy z)-6",
		"{% macro f(q) %}<{{ q }}>{% endmacro %}{{ f(a)|upper }}":                                 "<(1:XY Z)>",
		"{% filter upper %}q{{ a }}{% endfilter %}":                                               "Q(1:XY Z)",
		"{% for c in m.content %}{{ c }}.{% endfor %}":                                            "(0:a).(0:b).(0:,).(0:c).(0:d).",
		"{% for k, v in d.items() %}{{ k }}={{ v }}{% endfor %}":                                  "[k]=[v]",
		"{{ a.partition(' ')|join('|') }}{{ a.splitlines()[0] }}":                                 "(1:Xy)|(1: )|(1:zXy z)",
		"{{ a.center(6, '*') }}{{ a.zfill(5) }}":                                                  "*(1:Xy z)*0(1:Xy z)",
		"{{ a|truncate(3, true, '~', 0) }}{{ a|first }}":                                          "(1:Xy)~(1:X)",
		"{{ [x, a]|sort|join }}{{ {'k': a}.k }}":                                                  "[extra](1:Xy zXy z)",
		"{{ a|default('z') }}{{ u|default(a) }}{{ a or 1 }}":                                      "(1:Xy zXy zXy z)",
		"{{ messages[2].content|upper }}{{ x.removeprefix('ex') }}":                               "(2:ÉVIL)[tra]",
		"{{ (x + a + m.content).split('y') | join('/') }}":                                        "[extra](1:X)/(1: z)(0:ab,cd)",
		"{{ dict(**d) }}{{ namespace(**d) }}":                                                     "{'[k]': '[v]'}<Namespace {'[k]': '[v]'}>",
		"{% macro f() %}{{ kwargs }}{% endmacro %}{{ f(**d) }}":                                   "{'[k]': '[v]'}",
		"{{ '{:{}>3}'.format(1, x[0]) }}|{{ '{:>3}'.format(1) }}":                                 "[ee1]|  1",
		"{{ [1]|tojson(indent=x) }}":                                                              "[\n[extra]1\n]",
		"{{ [1, 2]|tojson(separators=(x, ':')) }}":                                                "[1[extra]2]",
		"{{ strftime_now(x) }}{{ strftime_now('q' + x) }}":                                        "[extraqextra]",
		"{% generation %}g{{ a }}{% endgeneration %}h":                                            "<g><(1:Xy z)>h",
		"{% macro f() %}{% generation %}{{ a }}{% endgeneration %}!{% endmacro %}{{ f()|upper }}": "<(1:XY Z)>!",
	} {
		prefix := "{% set m = messages[0] %}{% set a = messages[1].content %}"
		tmpl, err := Parse(prefix + src)
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		r, err := tmpl.Render(in)
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		if got := mark(r.Segments); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", src, got, want)
		}
	}
}

// Rendering leaves its input as it was, so that it can be shared.
func TestRenderLeavesInput(t *testing.T) {
	m := Message("user", "text")
	tmpl, err := Parse("{% for k, v in messages[0].items() %}{{ k }}{{ v|upper }}{% endfor %}")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		r, err := tmpl.Render(Input{Messages: []Value{m}})
		if err != nil || mark(r.Segments) != "(0:role)USER(0:contentTEXT)" {
			t.Errorf("got %s, %v", mark(r.Segments), err)
		}
	}
	if x := m.Get("content").(*text); x.s != "text" || x.tag != trusted {
		t.Errorf("content became %+v", x)
	}
}
