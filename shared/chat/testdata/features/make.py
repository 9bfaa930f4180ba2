"""Writes features.json: small templates and what transformers' jinja2 makes of them.

Run by hand: python make.py. The environment is that of transformers: its filters, tests, globals and extensions,
trim_blocks, lstrip_blocks and the immutable sandbox. Each row is [group, template, output or null for an error, and the
ranges of characters that generation blocks wrote, where there are such].
"""

import datetime
import json
import pathlib

from transformers.utils import chat_template_utils

CONTEXT = {
    "messages": [
        {"role": "user", "content": "Hi <b>there</b> & 'you'", "n": 1},
        {"role": "assistant", "content": "Hello, \"friend\"\nsecond line\n\n  third", "n": 2.5, "items": [1, 2]},
        {"role": "tool", "content": None, "n": -3},
    ],
    "add_generation_prompt": True,
    "bos_token": "<s>",
    "eos_token": "</s>",
    "s": "Straße ÉCOLE don't o'neil",
    "zh": "你好，世界🌍",
    "ws": " \t\n mixed \u00a0\u2003white\x1f space \r\n ",
    "n": 7,
    "f": 2.5,
    "big": 123456789012345678901234567890,
    "no": None,
    "yes": True,
    "l": [3, 1, 2],
    "words": ["pear", "Apple", "fig", "apple"],
    "nested": [[1, [2, 3]], {"a": {"b": [10, 20]}}],
    "d": {"b": 1, "a": [1, 2], "C": None, "items": "mine"},
    "tree": [{"v": 1, "kids": [{"v": 2, "kids": []}, {"v": 3, "kids": [{"v": 4, "kids": []}]}]}],
    "people": [
        {"name": "Bo", "age": 30, "city": "Oslo", "x": {"y": 1}},
        {"name": "al", "age": 25, "city": "rome", "x": {"y": 2}},
        {"name": "Cy", "age": 30, "city": "Rome"},
    ],
}

ROWS = {
    "space": r"""
        a  {% if true %}  b  {% endif %}  c
        a\n  {% if true %}\n  b\n  {% endif %}\n  c\n
        a\n  {%- if true -%}\n  b\n  {%- endif -%}\n  c\n
        a\n  {%+ if true +%}\n  b\n  {%+ endif +%}\n  c\n
        a\n  {{ 1 }}\n  {{- 2 -}}\n  {{+ 3 }}\n
        {# c #}\n  {# c #}\nx{#- c -#}\n y {#+ c +#}\n z
        {#-#}a{#--#}b{# - #}c{##}
        a {#\n many\n lines #}\n\n b
        \n\n  {% set x = 1 %}  \n\n{{ x }}\n
        {% for i in l %}\n  {{ i }}\n{% endfor %}\n
        {%for i in l%}{{i}}{%endfor%}
        \t {% if 1 %}\t{% endif %} x
        x{% raw %} {{ y }} {% if %}\n{% endraw %}\nz
        x {%- raw -%}  {{ y }}  {%- endraw -%}  z
        \n  {% raw %}\n a {% endraw %}\n b
        {% raw %}{% endraw x %}{% endraw %}
        line one\n\n\n
        a\r\nb\r{% if 1 %}\r\nc{% endif %}\r
        {{ 'a\r\nb' }}
        {{-1}} {{ -1 }} {{- -1 }}
        a\u00a0{%- if 1 %} b{% endif %}
        {{ '{{' }} {{ "%}" }} {{ '#}' }} { % }
        {{ {'a': {'b': 1}}['a']['b'] }}{{ {} }}{{{}}}
        {{{'a': 1}}}
        a {# unclosed
        a {{ unclosed
        a {% raw %} unclosed
        {{ 'unclosed }}
        {{ 1 }
        {{ (1] }}
        {{ 1) }}
        {% if 1 %}
        {% endif %}
        {% unknown %}
        {% if 1 %}{% endfor %}
        {{ }}
        {% %}
        {{ 1 $ 2 }}
    """,
    "string": r"""
        {{ 'a\n\t\\\'\"' ~ "\x41\u00e9\U0001f30d\101\q\é" }}
        {{ 'a' "b" 'c' }}
        {{ '\xZ' }}
        {{ 'multi
line' }}
        {{ s.upper() }}|{{ s.lower() }}|{{ s.title() }}|{{ s.capitalize() }}|{{ s.swapcase() }}|{{ s.casefold() }}
        {{ s|upper }}|{{ s|lower }}|{{ s|title }}|{{ s|capitalize }}
        {{ "the-quick (brown) [fox] {x} <y> it's o'clock"|title }}|{{ "they're bill's 3rd x2y"|title }}
        {{ "they're bill's 3rd x2y".title() }}
        {{ 'ǆ ﬁ ß İ ΑΣ ΑΣΑ'.lower() }}|{{ 'ǆ ﬁ ß ŉ'.upper() }}|{{ 'ﬁne ßa ǆx'.capitalize() }}
        [{{ ws.strip() }}][{{ ws.lstrip() }}][{{ ws.rstrip() }}][{{ ws|trim }}]
        {{ 'xxabcxyx'.strip('xy') }}|{{ 'xxabcxyx'.lstrip('x') }}|{{ 'xxabcxyx'.rstrip('xy') }}|{{ 'xxabcxx'|trim('x') }}|{{ 'aba'.strip('') }}
        {{ ws.split() }}|{{ ' a  b c '.split(None, 1) }}|{{ ' a  b c '.rsplit(None, 1) }}|{{ '  '.split() }}|{{ ' a '.split(maxsplit=0) }}
        {{ 'a,b,,c'.split(',') }}|{{ 'a,b,,c'.split(',', 2) }}|{{ 'a,b,,c'.rsplit(',', 2) }}|{{ ''.split(',') }}
        {{ 'abc'.split('') }}
        {{ 'a,b,,c'.split(sep=',', maxsplit=1) }}
        {{ 'a\nb\r\nc\x0bd\u2028e\n'.splitlines() }}|{{ 'a\n\nb\n'.splitlines(true) }}|{{ ''.splitlines() }}
        {{ 'a=b=c'.partition('=') }}|{{ 'a=b=c'.rpartition('=') }}|{{ 'abc'.partition('=') }}|{{ 'abc'.rpartition('=') }}
        {{ zh.startswith('你') }}{{ zh.endswith(('x', '🌍')) }}{{ zh.startswith('好', 1) }}{{ zh.startswith('你', 0, 0) }}{{ 'a'.startswith('', 2) }}
        {{ zh.find('世') }}|{{ zh.find('x') }}|{{ 'abcabc'.rfind('bc') }}|{{ 'abcabc'.find('a', 1) }}|{{ 'abcabc'.find('c', -2, -1) }}|{{ 'abc'.index('c') }}
        {{ 'abc'.index('x') }}
        {{ 'abab'.count('ab') }}|{{ 'aaa'.count('aa') }}|{{ 'abc'.count('') }}|{{ 'abab'.count('b', 2) }}
        {{ 'aaa'.replace('a', 'b', 2) }}|{{ 'abc'.replace('', '-') }}|{{ 'abc'.replace('', '-', 2) }}|{{ 'aaa'|replace('a', 'x', 1) }}|{{ 123|replace(2, 'x') }}
        {{ ','.join(['a', 'b']) }}|{{ ''.join('abc') }}|{{ '-'.join({'x': 1, 'y': 2}) }}
        {{ ','.join([1]) }}
        {{ 'prefix'.removeprefix('pre') }}|{{ 'prefix'.removesuffix('fix') }}|{{ 'prefix'.removeprefix('x') }}
        [{{ 'ab'.center(7) }}][{{ 'abc'.center(6, '*') }}][{{ 'ab'.ljust(5, '.') }}][{{ 'ab'.rjust(5) }}][{{ '-42'.zfill(6) }}][{{ 'ab'|center(5) }}]
        {{ 'a\tbc\td'.expandtabs() }}|{{ 'a\tbc\td'.expandtabs(4) }}
        {{ 'a1'.isalnum() }}{{ 'ab'.isalpha() }}{{ '12'.isdigit() }}{{ '²'.isdigit() }}{{ '½'.isnumeric() }}{{ '½'.isdecimal() }}{{ ' '.isspace() }}{{ ''.isspace() }}
        {{ 'ab'.islower() }}{{ 'aB'.islower() }}{{ 'AB1'.isupper() }}{{ 'Ab Cd'.istitle() }}{{ 'é'.isascii() }}{{ 'a_1'.isidentifier() }}{{ '1a'.isidentifier() }}{{ 'a\n'.isprintable() }}
        {{ '{} {}'.format(1, 'x') }}|{{ '{1} {0}'.format(1, 2) }}|{{ '{a} {b[0]} {b[1]}'.format(a=1, b=[2, 3]) }}|{{ '{{}}'.format() }}|{{ '{0.real}'.format(3) }}
        {{ '{:>5}|{:<5}|{:^5}|{:*^7}|{:05d}|{:+d}|{:,}|{:x}|{:#x}|{:b}'.format('a', 'b', 'c', 'd', 42, 5, 1234567, 255, 255, 5) }}
        {{ '{:.2f}|{:8.3f}|{:e}|{:g}|{:%}|{:.3s}|{!r}|{:{}}'.format(3.14159, 2.5, 12345.678, 0.0001, 0.25, 'abcdef', 'q', 'w', 4) }}
        {{ '{}'.format() }}
        {{ '{a}'.format_map({'a': 1}) }}
        {{ '%s is %d years, %5.1f%% %r %x %o %e %g %c %05d %-5s| %+d' % ('Al', 42, 99.5, 'q', 255, 8, 12345.678, 0.0001, 'z', 42, 'ab', 3) }}
        {{ '%(a)s-%(b)s' % {'a': 1, 'b': 'x'} }}|{{ '%s' % 'one' }}|{{ '%s' % [1, 2] }}|{{ '100%%' % () }}|{{ '%s %s'|format('a', 'b') }}|{{ '%.3s|%5s|%-5s|' % ('abcdef', 'ab', 'cd') }}
        {{ '%d' % 'x' }}
        {{ '%s %s' % 'x' }}
        {{ 'x' % 1 }}
        {{ s|length }}|{{ zh|length }}|{{ zh|list }}|{{ zh|reverse }}|{{ zh|first }}|{{ zh|last }}|{{ zh[1] }}|{{ zh[-1] }}|{{ zh[99] }}|{{ zh[1:3] }}|{{ zh[::-1] }}|{{ zh[::2] }}
        {{ 'abcdef'[1:-1] }}|{{ 'abcdef'[-3:] }}|{{ 'abcdef'[:2] }}|{{ 'abcdef'[4:1] }}|{{ 'abcdef'[4:1:-1] }}|{{ 'abcdef'[::-2] }}|{{ 'abc'[5:] }}|{{ 'abc'[:-9] }}|{{ 'abc'[None:2] }}
        {{ 'abc'[::0] }}
        {{ 'ab' * 3 }}|{{ 2 * 'ab' }}|{{ 'ab' * -1 }}|{{ 'a' + 'b' }}|{{ 'a' ~ 1 ~ none ~ 1.0 ~ [1] ~ undefined_x }}
        {{ 'a' + 1 }}
        {{ 'a' - 'b' }}
        {{ 'b' in 'abc' }}{{ 'x' not in 'abc' }}{{ '' in '' }}
        {{ 1 in 'abc' }}
        {{ 'a\nb\n\nc'|indent }}|{{ 'a\nb'|indent(2, true) }}|{{ 'a\n\nb'|indent(2, blank=true) }}|{{ 'a\nb'|indent('> ') }}|{{ ''|indent(2, first=true) }}|{{ 'a\n'|indent(width=1) }}
        {{ 'one two three'|wordcount }}|{{ 'one two three four five'|truncate(12) }}|{{ 'one two three four'|truncate(9, true, '~', 0) }}|{{ '<b>x</b> &amp; y  z'|striptags }}
        {{ 'a b/c?d=é~'|urlencode }}|{{ {'a b': 'c/d', 'e': 1}|urlencode }}|{{ {'a': 1, 'b': none, 'c': '<'}|xmlattr }}
        {{ 'abc'.foo }}|{{ 'abc'.upper is callable }}|{{ 'abc'.foo is defined }}|{{ 'abc'['upper']() }}|{{ 'abc'|attr('lower') is callable }}
        {{ 'abc'.foo() }}
        {{ 'abc'.foo.bar }}
        {{ 'abc'.__class__ }}|{{ 'abc'.__class__ is defined }}|{{ ''['__class__'] is defined }}
        {{ ''.__class__.__mro__ }}
        {{ 'a' < 'b' }}{{ 'B' < 'a' }}{{ 'a' == 'a' }}{{ 'a' != 1 }}{{ 'a' * 0 == '' }}
        {{ 'a' < 1 }}
        {{ "it's" | string }}{{ ["it's", 'say "x"', 'both \' and "', 'tab\t nl\n bs\\ é \x00 \u200b'] }}
    """,
    "markup": r"""
        {{ '<b>' }}|{{ '<b>'|e }}|{{ '<b>'|escape|escape }}|{{ '<b>'|safe|e }}|{{ '<b>'|safe|forceescape }}|{{ "&<>'\""|e }}|{{ none|e }}
        {{ '<a>'|safe + '<b>' }}|{{ '<b>' + '<a>'|safe }}|{{ '<a>'|safe ~ '<b>' }}|{{ ('<a>'|safe + '&').upper() }}|{{ '<'|safe * 2 }}
        {{ '<%s>'|safe % '<x>' }}|{{ '<{}>'.format('<x>') }}|{{ ('<{}>'|safe).format('<x>') }}|{{ '<,>'|safe|replace(',', '<') }}|{{ ('<,>'|safe).replace(',', '<') }}
        {{ ('<'|safe).join(['>', '&'|safe]) }}|{{ ['<', '>'|safe]|join('&') }}|{{ ('<a b>'|safe).split() }}|{{ ['<'|safe] }}
        {{ 'a'|safe is escaped }}{{ 'a' is escaped }}{{ 'a'|e is string }}{{ ('a'|safe|string) is escaped }}{{ ('a'|safe)[0] is escaped }}{{ ('a'|safe|trim) is escaped }}
        {{ {'a': '<'|safe}|tojson }}|{{ '<a>'|safe|tojson }}|{{ ('&lt;b&gt;'|safe).unescape() }}|{{ ('<i>a</i>'|safe).striptags() }}
    """,
    "number": r"""
        {{ 1 }} {{ 1.0 }} {{ 1e3 }} {{ 1_000 }} {{ 0x1F }} {{ 0b101 }} {{ 0o17 }} {{ 1.5e-7 }} {{ 1e16 }} {{ 123456789012345.6 }} {{ 1e22 }} {{ 0.1 + 0.2 }} {{ 1e400 }} {{ 100000000000000000000 }}
        {{ 7 // 2 }} {{ -7 // 2 }} {{ 7 % 3 }} {{ -7 % 3 }} {{ 7 % -3 }} {{ 7 / 2 }} {{ 6 / 2 }} {{ 2 ** 10 }} {{ 2 ** -1 }} {{ 2 ** 3 ** 2 }} {{ -2 ** 2 }}
        {{ 7.5 // 2 }} {{ -7.5 // 2 }} {{ 7.5 % 2 }} {{ -7.5 % 2 }} {{ 5.0 % -3 }} {{ 1.0 * 3 }} {{ 2.0 ** 0.5 }} {{ 0.0 }} {{ -0.0 }} {{ -0.0 // 1 }}
        {{ big }} {{ big + 1 }} {{ big * big }} {{ big // 7 }} {{ big % 7 }} {{ -big // 7 }} {{ 2 ** 100 }} {{ 9223372036854775807 + 1 }} {{ -9223372036854775808 - 1 }} {{ big == big + 0.0 }}
        {{ 1 / 0 }}
        {{ 1 // 0 }}
        {{ 1.0 % 0 }}
        {{ true + true }} {{ true * 3 }} {{ -true }} {{ +n }} {{ -f }} {{ true == 1 }} {{ 1 == 1.0 }} {{ 1 < 2.5 }} {{ none == false }}
        {{ -'a' }}
        {{ 1 + none }}
        {{ 1 < none }}
        {{ '42'|int }} {{ '42.9'|int }} {{ ' -7 '|int }} {{ 'x'|int }} {{ 'x'|int(5) }} {{ 3.99|int }} {{ -3.99|int }} {{ none|int }} {{ true|int }} {{ '0x1f'|int(base=16) }} {{ 'ff'|int(0, 16) }} {{ '1_000'|int }} {{ '1e3'|int }} {{ ''|int }} {{ [1]|int(9) }}
        {{ '2.5'|float }} {{ 'x'|float }} {{ 'x'|float(1.5) }} {{ 3|float }} {{ none|float }} {{ 'inf'|float }} {{ 'nan'|float }} {{ '-1e-3'|float }}
        {{ 2.5|round }} {{ 3.5|round }} {{ 42.55|round(1) }} {{ 42.55|round(1, 'floor') }} {{ 42.51|round(1, 'ceil') }} {{ 1234|round(-2) }} {{ 1250|round(-2) }} {{ 1350|round(-2) }} {{ 7|round }} {{ 2.675|round(2) }} {{ -1.5|round }} {{ 1e20|round }}
        {{ -5|abs }} {{ -2.5|abs }} {{ true|abs }} {{ (-5)|abs }}
        {{ 'a'|abs }}
        {{ 1 if n > 5 else 2 }} {{ n is number }} {{ n is integer }} {{ f is float }} {{ true is integer }} {{ true is number }} {{ n is odd }} {{ n is even }} {{ n is divisibleby 7 }} {{ n is divisibleby(2) }}
        {{ 1 < 2 < 3 }} {{ 1 < 3 < 2 }} {{ 3 > 2 == 2 }} {{ 1 == 1 != 2 }} {{ (1 < 2) == true }} {{ 1 in [1] in [[1]] }}
        {{ 1.real }} {{ (5).bit_length() }} {{ 2.0.is_integer() }} {{ n.numerator }}
        {{ 1000|filesizeformat }} {{ 1|filesizeformat }} {{ 999|filesizeformat }} {{ 1500000|filesizeformat }} {{ 1048576|filesizeformat(true) }}
        {{ 0.1 }} {{ 1e-5 }} {{ 0.0001 }} {{ 12345678.9 }} {{ 1/3 }} {{ 1e15 }} {{ 123e15 }} {{ 5e-324 }} {{ 1.7976931348623157e308 }}
    """,
    "list": r"""
        {{ l }} {{ l|sort }} {{ l|sort(reverse=true) }} {{ words|sort }} {{ words|sort(case_sensitive=true) }} {{ words|sort(true, true) }} {{ l|reverse|list }} {{ l|first }} {{ l|last }} {{ l|length }} {{ l|count }}
        {{ people|sort(attribute='age')|map(attribute='name')|join(',') }} {{ people|sort(attribute='age,name')|map(attribute='name')|join }} {{ people|sort(attribute='city', reverse=true)|map(attribute='name')|list }}
        {{ [1, 'a']|sort }}
        {{ l + [4] }} {{ l * 2 }} {{ (1, 2) + (3,) }} {{ [] }} {{ () }} {{ (1,) }} {{ 1, 2 }} {{ [1, [2, (3, {'a': none})]] }}
        {{ l + 1 }}
        {{ l + (1,) }}
        {{ l[0] }} {{ l[-1] }} {{ l[9] }} {{ l[1:] }} {{ l[::-1] }} {{ l[:-1] }} {{ l[5:] }} {{ l['0'] }} {{ l.0 }} {{ nested[0][1][1] }} {{ nested.0.1.0 }} {{ nested[1].a.b[1] }} {{ l[true] }} {{ l[1.0] }}
        {{ l[9].x }}
        {{ l.append(1) }}
        {{ l.append }}|{{ l.append is defined }}|{{ l.sort is callable }}
        {{ l.index(2) }} {{ l.count(1) }} {{ [1, 1.0, true]|unique|list }} {{ words|unique|list }} {{ words|unique(true)|list }} {{ people|unique(attribute='age')|map(attribute='name')|list }}
        {{ l.index(9) }}
        {{ 1 in l }} {{ 9 not in l }} {{ [1] in [[1], 2] }} {{ 2.0 in l }} {{ l == [3, 1, 2] }} {{ l == (3, 1, 2) }} {{ [1, 2] < [1, 3] }} {{ [] == [] }} {{ (1, 2) < (1, 2, 3) }}
        {{ l|join }} {{ l|join(', ') }} {{ people|join('|', attribute='name') }} {{ [none, true, 1.5, 'x']|join('-') }} {{ 'abc'|join('.') }} {{ d|join(',') }}
        {{ l|max }} {{ l|min }} {{ words|max }} {{ words|min }} {{ people|max(attribute='age') }} {{ []|max }}| {{ l|sum }} {{ people|sum(attribute='age') }} {{ [[1], [2]]|sum(start=[]) }} {{ []|sum }} {{ [0.5, 1]|sum }}
        {{ l|map('string')|list }} {{ words|map('upper')|join(' ') }} {{ words|map('replace', 'p', 'P')|list }} {{ people|map(attribute='name')|list }} {{ people|map(attribute='q', default='none')|list }}
        {{ people|map(attribute='x.y')|list }}
        {{ people[:2]|map(attribute='x.y', default=0)|list }}
        {{ l|map('nope')|list }}
        {{ []|map('nope')|list }}
        {{ l|map }}{{ l|map|list }}
        {{ l|select('odd')|list }} {{ l|select|list }} {{ [0, 1, '', none]|select|list }} {{ [0, 1, '']|reject|list }} {{ l|select('>', 1)|list }} {{ l|reject('equalto', 1)|list }} {{ l|select('in', [1, 2])|list }} {{ l|select('divisibleby', 3)|list }}
        {{ people|selectattr('age', 'equalto', 30)|map(attribute='name')|list }} {{ people|selectattr('x')|list|length }} {{ people|rejectattr('x')|map(attribute='name')|list }} {{ people|selectattr('x', 'defined')|list|length }} {{ people|selectattr('x.y', 'eq', 2)|first }}
        {{ people|selectattr('city', 'in', ['Oslo'])|list|length }} {{ (people|selectattr('age', '>=', 30)|list)[-1].name }}
        {{ l|select('nope')|list }}
        {{ l|selectattr|list }}
        {{ l|batch(2)|list }} {{ l|batch(2, 'x')|list }} {{ l|slice(2)|list }} {{ [1, 2, 3, 4, 5]|slice(3, 'x')|list }} {{ []|batch(3)|list }}
        {{ people|groupby('age')|list }}
        {% for k, v in people|groupby('city') %}{{ k }}={{ v|map(attribute='name')|join('+') }};{% endfor %}{% for g in people|groupby('q', default='-') %}{{ g.grouper }}:{{ g.list|length }}{% endfor %}
        {{ 'abc'|list }} {{ d|list }} {{ d|first }} {{ d|last }} {{ []|first }}| {{ []|last }}| {{ none|default('x') }} {{ l|map('string')|first }}
        {{ none|list }}
        {{ none|length }}
        {{ 5|length }}
        {{ l|map('string')|length }}
        {{ l|map('string')|last }}
        {{ l|map('string')|tojson }}
        {{ range(3)|list }} {{ range(1, 4)|list }} {{ range(5, 0, -2)|list }} {{ range(3) }} {{ range(0, 9, 2) }} {{ range(3)|length }} {{ 2 in range(3) }} {{ range(5)[1:3]|list }} {{ range(5)[-1] }} {{ range(3)|last }} {{ range(0)|list }}
        {{ range(100001) }}
        {{ range(1, 2, 0) }}
        {{ range('a') }}
        {{ l is iterable }}{{ l is sequence }}{{ l is mapping }}{{ l is string }}{{ range(1) is sequence }}{{ (l|map('string')) is iterable }}{{ (l|map('string')) is sequence }}{{ d.items() is sequence }}{{ none is iterable }}
        {% set a, b = [1, 2] %}{{ a }}{{ b }}{% set (c, (e, g)) = (1, (2, 3)) %}{{ c }}{{ e }}{{ g }}{% set x, y = 'ab' %}{{ y }}
        {% set a, b = [1] %}
        {% set a, b = [1, 2, 3] %}
        {% set a, b = 5 %}
        {{ l|string }} {{ l|upper }} {{ (1, 'a')|string|length }}
    """,
    "dict": r"""
        {{ d }} {{ d.b }} {{ d['b'] }} {{ d.items is callable }} {{ d['items'] }} {{ d.missing }} {{ d.get('b') }} {{ d.get('x') }} {{ d.get('x', 5) }} {{ d|length }}
        {{ d.missing.x }}
        {{ d.keys()|list }} {{ d.values()|list }} {{ d.items()|list }} {{ d|items|list }} {{ d.keys() }} {{ d.values() }} {{ d.items() }} {{ d.items()|length }}
        {% for k, v in d.items() %}{{ k }}:{{ v }};{% endfor %}{% for k in d %}{{ k }}{% endfor %}{% for k, v in d|items %}{{ loop.index }}{{ k }}{% endfor %}
        {{ 'b' in d }} {{ 1 in d }} {{ 'b' in d.keys() }} {{ 1 in d.values() }} {{ ('b', 1) in d.items() }} {{ none in d }}
        {{ [1] in d }}
        {{ d|dictsort }} {{ d|dictsort(true) }} {{ {'x': 2, 'y': 1}|dictsort(by='value') }} {{ {'x': 2, 'Y': 1}|dictsort(reverse=true) }}
        {{ d|dictsort(by='q') }}
        {{ (none|items) is iterable }}
        {{ none|items|list }}
        {{ undefined_x|items|list }}
        {{ {'a': 1, 'a': 2, 1: 'x', 1.0: 'y', true: 'z', none: 0, (1, 2): 3} }}
        {{ {1: 'x'}[1] }} {{ {1: 'x'}['1'] }} {{ {'1': 'x'}[1] }} {{ {true: 'x'}[1] }} {{ {(1, 2): 'x'}[(1, 2)] }} {{ {(1, 2): 'x'}[1, 2] }}
        {{ {[1]: 2} }}
        {{ d.update({'x': 1}) }}
        {{ d.pop('b') }}
        {{ d.pop }}|{{ d.setdefault is defined }}
        {{ dict(a=1, b=2) }} {{ dict([('x', 1)]) }} {{ dict({'a': 1}, b=2) }} {{ dict() }} {{ dict.fromkeys(['a', 'b'], 0) }} {{ dict(d).b }}
        {{ {'a': 1} == {'a': 1.0} }} {{ {'a': 1, 'b': 2} == {'b': 2, 'a': 1} }} {{ {} == [] }} {{ {'a': [1]} == {'a': [2]} }}
        {{ {'a': 1} < {'b': 1} }}
        {{ {'items': 1}.items() }} {{ {'items': 1}['items'] }} {{ {'get': 1}['get'] }} {{ {'x': 1}['get']('x') }} {{ d.copy() == d }}
        {{ d is mapping }}{{ d is sequence }}{{ d is iterable }}{{ d is string }}{{ {} is mapping }}{{ d.items() is iterable }}{{ d.items() is mapping }}
        {{ d[[1]] }}|
        {{ d[1:2] }}
        {{ d.__len__ }}|{{ {'__a__': 5}['__a__'] }}|{{ {'_x': 5}._x }}
        {{ {'a': {'b': {'c': [1, 2, {'d': 'deep'}]}}}.a.b.c[2].d }} {{ {'a': 1, }['a'] }} {{ [1, 2, ][1] }}
        {{ {'one':1,'two':2,'three':3,'four':4,'five':5,'six':6,'seven':7,'eight':8,'nine':9,'ten':10,'eleven':11,'twelve':12,'thirteen':13}['twelve'] }}
    """,
    "json": r"""
        {{ d|tojson }}|{{ d|tojson(indent=2) }}|{{ d|tojson(indent=4) }}|{{ []|tojson(indent=2) }}{{ {}|tojson(indent=2) }}
        {{ messages|tojson }}
        {{ messages|tojson(indent=1) }}
        {{ zh|tojson }} {{ zh|tojson(ensure_ascii=true) }} {{ zh|tojson(true) }} {{ 'é\x7f\x00\x1f\u2028"\\/\b\f\n\r\t'|tojson }} {{ 'é\x7f'|tojson(true) }} {{ '<a>&\''|tojson }}
        {{ [1, 1.0, 1e100, 1e-7, big, true, false, none, 'x', (1, 2)]|tojson }} {{ [1, [], {}, [[]]]|tojson(indent=2) }} {{ 1e400|tojson }} {{ -1e400|tojson }}
        {{ {'b': 1, 'a': 2}|tojson(sort_keys=true) }} {{ {'b': 1, 'a': [1, 2]}|tojson(separators=(',', ':')) }} {{ [1, 2]|tojson(indent=2, separators=(', ', ' = ')) }} {{ [1]|tojson(indent='--') }} {{ [1, [2]]|tojson(indent=0) }}
        {{ {1: 'a', none: 'b', true: 'c', 1.5: 'd'}|tojson }}
        {{ {(1, 2): 'a'}|tojson }}
        {{ undefined_x|tojson }}
        {{ range(3)|tojson }}
        {{ d.items()|tojson }}
        {{ d.keys()|list|tojson }} {{ d.items()|list|tojson }}
        {{ namespace()|tojson }}
    """,
    "undefined": r"""
        [{{ x }}] [{{ x|default('d') }}] [{{ x|d }}] [{{ none|default('d') }}] [{{ none|default('d', true) }}] [{{ ''|default('d', boolean=true) }}] [{{ 0|d('d', true) }}] [{{ messages[9]|default('none') }}]
        {{ x is defined }}{{ x is undefined }}{{ x is none }}{{ x is string }}{{ x is sequence }}{{ x is iterable }}{{ x is mapping }}{{ x is callable }}{{ x == y }}{{ x == none }}{{ x != y }}{{ x|length }}{{ x|list }}{{ x|string }}{{ x|upper }}
        {{ not x }}{{ x or 'alt' }}{{ x and 'alt' }}{% if x %}a{% else %}b{% endif %}{% for i in x %}{{ i }}{% else %}none{% endfor %}{{ 'a' in x }}{{ x in [x] }}
        {{ x.y }}
        {{ x['y'] }}
        {{ x() }}
        {{ x + 1 }}
        {{ 1 + x }}
        {{ 'a' + x }}
        {{ x < 1 }}
        {{ -x }}
        {{ x|int }}
        {{ x in 'abc' }}
        {{ 'a' ~ x }}{{ [x] }}{{ x|join(',') }}{{ x|first }}{{ x|trim }}{{ x|replace('a', 'b') }}{{ '%s' % x }}{{ x|e }}
        {{ x|last }}{{ x|reverse|list }}
        {{ x|abs }}
        {{ x|dictsort }}
        {{ 'v' if x }}|{{ ('v' if false) is defined }}|{{ ('v' if false)|default('w') }}
        {{ ('v' if false).x }}
        {{ messages[0].missing is defined }} {{ messages[0]['missing'] is none }} {{ messages[5] is defined }} {{ none.x }} {{ none['x'] is undefined }} {{ (1).x is undefined }}
        {{ messages[0].content.x.y is defined }}
        {{ messages[5].role }}
        {{ x is nope }}
        {{ x|nope }}
        {% if false %}{{ x|nope }}{{ x is nope }}{% endif %}ok
        {{ 'ok' if true else x|nope }}
        {% if true %}{{ x|nope }}{% endif %}
        {{ 'trim' is filter }}{{ 'nope' is filter }}{{ 'odd' is test }}{{ 'nope' is test }}
    """,
    "logic": r"""
        {{ 1 and 2 }} {{ 0 and 2 }} {{ 0 or 'x' }} {{ '' or [] or none }} {{ not 0 }} {{ not not 1 }} {{ not 1 == 2 }} {{ not (1 and 0) or 5 }} {{ 1 or 1/0 }} {{ true and not false }}
        {{ true }}{{ True }}{{ false }}{{ False }}{{ none }}{{ None }} {{ true is true }}{{ 1 is true }}{{ true is boolean }}{{ 0 is false }}{{ none is none }}{{ None is not none }}{{ true is sameas true }}{{ 1 is sameas true }}
        {{ 1 is eq 1 }}{{ 1 is ne 2 }}{{ 1 is lt 2 }}{{ 2 is ge(2) }}{{ 'a' is in 'abc' }}{{ 1 is in([1]) }}{{ 'ab' is lower }}{{ 'AB' is upper }}{{ 'ab' is not upper }}{{ 1 is not none }}
        {% if n is defined and n is not none and n > 5 or false %}y{% else %}n{% endif %}{% if not n is none %}y{% endif %}{% if n is not string and n is number %}y{% endif %}
        {% if n == 1 %}a{% elif n == 7 %}b{% elif n == 7 %}c{% else %}d{% endif %}{% if n == 1 %}a{% elif n == 2 %}b{% endif %}|{% if n: %}x{% endif %}
        {{ 'a' if n == 7 else 'b' if n == 8 else 'c' }} {{ ('a' if n == 1 else 'b') ~ 'x' }} {{ 'a' if n == 1 else 'b' if n == 7 else 'c' }} {{ [1 if true else 2, 3] }} {{ 'x' if false else none }}
        {{ 'a' in ['a'] and 'b' not in ['a'] }} {{ not 'a' in ['b'] }} {{ 1 in [1, 2] == true }} {{ ('a' in 'abc') ~ '' }}
        {{ 1 ~ 2 + 3 }}
        {{ 1 + 2 * 3 - 4 / 2 }} {{ (1 + 2) * 3 }} {{ 1 ~ 2 + '3' }} {{ 'a' ~ 'b' * 2 }} {{ '1' + 2 ~ 3 }} {{ -1|abs }} {{ 2 * -3 }} {{ - - 3 }} {{ 10 - 2 - 3 }} {{ 2 + 3 == 5 }} {{ 'a' ~ 1 == 'a1' }}
        {{ 1 is 1 }}
        {{ x is is y }}
        {{ 1 not 2 }}
        {{ 1 in 5 }}
        {{ a b }}
        {{ 1 if }}
        {{ (1, 2 }}
        {{ [1, 2 }}
        {{ {'a' 1} }}
        {{ f(a=1, 2) }}
        {{ f(*l, *l) }}
    """,
    "for": r"""
        {% for i in l %}{{ loop.index }}/{{ loop.index0 }}/{{ loop.revindex }}/{{ loop.revindex0 }}/{{ loop.first }}/{{ loop.last }}/{{ loop.length }}/{{ loop.depth }}/{{ loop.depth0 }} {% endfor %}
        {% for i in l %}[{{ loop.previtem }}<{{ i }}>{{ loop.nextitem }}]{% endfor %}{% for i in l %}{{ loop.previtem is defined }}{{ loop.nextitem is defined }}{% endfor %}
        {% for i in l %}{{ loop.cycle('a', 'b') }}{{ loop.changed(i // 2) }} {% endfor %}{% for i in l %}{{ loop.changed() }}{% endfor %}
        {% for i in [] %}x{% else %}empty{% endfor %}{% for i in l if i > 5 %}x{% else %}none{% endfor %}{% for i in l if i > 1 %}{{ i }}{{ loop.index }}{{ loop.last }}{{ loop.length }}{% endfor %}
        {% for i in l %}{% if i == 1 %}{% continue %}{% endif %}{{ i }}{% endfor %}{% for i in l %}{% if i == 1 %}{% break %}{% endif %}{{ i }}{% endfor %}{% for i in [1] %}{% continue %}{% else %}else{% endfor %}{% for i in [1, 2] %}{% if i == 2 %}{% break %}{% endif %}{% else %}else{% endfor %}
        {% for i in range(6) if i % 2 == 0 %}{{ loop.index0 }}:{{ i }}{% if not loop.last %},{% endif %}{% endfor %}
        {% for a, b in [(1, 2), (3, 4)] %}{{ a }}{{ b }} {% endfor %}{% for a, (b, c) in [(1, (2, 3))] %}{{ a }}{{ b }}{{ c }}{% endfor %}{% for (a, b) in [[5, 6]] %}{{ a }}{{ b }}{% endfor %}
        {% for a, b in [1] %}{% endfor %}
        {% for a, b in [(1, 2, 3)] %}{% endfor %}
        {% for i in none %}{% endfor %}
        {% for i in 5 %}{% endfor %}
        {% for c in zh %}{{ c }}.{% endfor %}{% for i in 1, 2 %}{{ i }}{% endfor %}{% for i in (1, 2) + (3,) %}{{ i }}{% endfor %}{% for i in [1, 2][::-1] %}{{ i }}{% endfor %}
        {% for i in l %}{% for j in l %}{{ loop.index }}{% endfor %}{{ loop.index }}|{% endfor %}
        {% for i in l %}{% set outer = loop %}{% for j in l %}{{ outer.index }}{{ loop.index }} {% endfor %}{% endfor %}
        {% for t in tree recursive %}{{ t.v }}@{{ loop.depth }}{% if t.kids %}({{ loop(t.kids) }}){% endif %}{% endfor %}
        {% for i in l recursive %}{{ i }}{% else %}e{% endfor %}{% for i in [] recursive %}{{ i }}{% else %}e{% endfor %}
        {% for i in l %}{{ loop(l) }}{% endfor %}
        {% set x = 0 %}{% for i in l %}{% set x = x + i %}{{ x }} {% endfor %}{{ x }}
        {% for i in l %}{{ y is defined }}{% set y = i %}{% endfor %}{{ y is defined }}
        {% set i = 'outer' %}{% for i in l %}{{ i }}{% endfor %}{{ i }}
        {% for i in l %}{% if loop.first %}{% set k = i %}{% endif %}{{ k is defined }}{% endfor %}
        {% for m in messages if m.role != 'tool' %}{{ loop.index0 }}{{ m['role'] }}{% if loop.nextitem %}>{{ loop.nextitem.role }}{% endif %};{% endfor %}
        {% for loop in l %}{% endfor %}
        {% for i in l %}{% set loop = 1 %}{% endfor %}
        {% for i in l|sort %}{{ i }}{% endfor %}{% for i in l|map('string') %}{{ i }}{{ loop.length }}{% endfor %}{% for i in l|reverse %}{{ i }}{{ loop.revindex }}{% endfor %}
        {% break %}
        {% for i in l %}{% for j in l %}{% if j == 1 %}{% break %}{% endif %}{{ j }}{% endfor %}{{ i }}{% endfor %}
        {% set ns = namespace(n=0) %}{% for i in l if ns.n < 2 %}{% set ns.n = ns.n + 1 %}{{ i }}{% endfor %}
        {% for i in l %}{{ loop }}{% endfor %}{% for i in l %}{{ loop|length }}{% endfor %}{{ loop is defined }}
        {% for i in l if loop.index > 1 %}{{ i }}{% endfor %}
        {% for i in [1, 2, 3] -%}\n  {{ i }},\n{%- endfor %}\n
        {% for x in l %}{{ x }}{% endfor %}{% for x in l %}{{ x }}{% set x = 9 %}{{ x }}{% endfor %}
        {% for i in l %}a{% filter upper %}b{% if i == 1 %}{% break %}{% endif %}{% endfilter %}c{% endfor %}
        {% for i in l %}{% set z %}{{ i }}{% if i == 1 %}{% continue %}{% endif %}{% endset %}{{ z }}{% endfor %}
    """,
    "scope": r"""
        {% set ns = namespace(a=1, b='x') %}{% for i in l %}{% set ns.a = ns.a + i %}{% endfor %}{{ ns.a }}{{ ns.b }}{{ ns['a'] }}{{ ns.c }}{{ ns }}
        {% set ns = namespace({'q': 1}) %}{{ ns.q }}{% set ns.r, k = 1, 2 %}{{ ns.r }}{{ k }}{{ ns.r is defined }}{{ ns is mapping }}
        {% set d.x = 1 %}
        {% set q.x = 1 %}
        {% set ns = namespace(_a=1) %}
        {% set ns = namespace() %}{% set ns._a = 1 %}
        {% set ns = namespace(a=1) %}{{ ns.items() }}
        {% set a = 1 %}{% if true %}{% set a = 2 %}{% set b = 3 %}{% endif %}{{ a }}{{ b }}{% if false %}{% set n = 1 %}{% endif %}{{ n }}
        {% if false %}{% set zz = 1 %}{% endif %}{{ zz is defined }}{% if false %}{% set n = 8 %}{% else %}{% set n = 9 %}{% endif %}{{ n }}
        {% set x %}cap {{ n }}{% set inner = 1 %}{% endset %}[{{ x }}]{{ inner is defined }}{% set y | upper | trim %} up {% endset %}[{{ y }}]{{ y is string }}
        {% set n = n + 1 %}{{ n }}{% for i in [1] %}{% set n = n + 1 %}{{ n }}{% endfor %}{{ n }}
        {% with a = 1, b = n %}{{ a }}{{ b }}{% set n = 0 %}{% endwith %}{{ a is defined }}{{ n }}{% with %}{% set q = 1 %}{{ q }}{% endwith %}{{ q is defined }}
        {% filter upper %}abc {{ n }}{% endfilter %}{% filter replace('a', 'b')|title %}aaa x{% endfilter %}{% filter indent(2) %}a\nb{% endfilter %}
        {% macro m() %}{{ late }}{% endmacro %}{{ m() }}{% set late = 1 %}{{ m() }}
        {% macro m() %}{% set g = 1 %}{{ g }}{{ n }}{% set n = 3 %}{{ n }}{% endmacro %}{{ m() }}{{ g is defined }}{{ n }}
        {% macro m() %}{{ n }}{% endmacro %}{% set n = 99 %}{{ m() }}{% for n in [5] %}{{ m() }}{% endfor %}
        {% if true %}{% macro m() %}in{% endmacro %}{% endif %}{{ m() }}{% for i in [1] %}{% macro q() %}{{ i }}{% endmacro %}{{ q() }}{% endfor %}{{ q is defined }}
        {% if messages[0].role == 'system' %}{% set sys = 1 %}{% set loop_messages = messages[1:] %}{% else %}{% set loop_messages = messages %}{% endif %}{{ loop_messages|length }}{{ sys is defined }}
        {% set tools = tools %}{{ tools is defined }}{% set messages = messages[1:] %}{{ messages|length }}{% for m in messages %}{% set messages = [] %}{{ messages|length }}{% endfor %}{{ messages|length }}
        {% block b %}{{ n }}{% endblock %}{% block c %}x{% endblock c %}{% autoescape false %}{{ '<' }}{% endautoescape %}
        {% print n, l %}{% print 'x' %}
        {% set true = 1 %}
        {% set 'a' = 1 %}
        {% set a.b.c = 1 %}
        {% set f() = 1 %}
        {% include 'x' %}
        {% if false %}{% include 'x' %}{% endif %}ok
        {% extends 'x' %}
        {% import 'x' as y %}
        {% do 1 %}
        {% trans %}x{% endtrans %}
        {% set a = 1, 2 %}{{ a }}{% set b = (1, 2)[1] %}{{ b }}{% set c = d %}{{ c.b }}{% set _p = 1 %}{{ _p }}
        {% if a is not defined %}{% set a = 'def' %}{% endif %}{{ a }}{% if n is not defined %}{% set n = 'def' %}{% endif %}{{ n }}
        {% for i in l %}{% if i == 1 %}{% set n = 0 %}{% endif %}{{ n }}{% endfor %}{{ n }}
        {% if false %}{% set a = 1 %}{% elif true %}{% set b = 2 %}{% else %}{% set c = 3 %}{% endif %}{{ a is defined }}{{ b }}{{ c is defined }}
    """,
    "macro": r"""
        {% macro m(a, b=2, c='x') %}{{ a }}{{ b }}{{ c }};{% endmacro %}{{ m(1) }}{{ m(1, 3) }}{{ m(a=1, c='y') }}{{ m(c=0, a=1) }}{{ m() }}{{ m(1, *[5, 6]) }}{{ m(**{'a': 7}) }}
        {% macro m(a) %}{{ a is defined }}{{ a }}{% endmacro %}{{ m() }}{{ m(none) }}
        {% macro m(a, b=a) %}{{ a }}{{ b }}{% endmacro %}{{ m(1) }}{{ m(1, 2) }}
        {% macro m(a, b=n) %}{{ b }}{% endmacro %}{% set n = 8 %}{{ m(1) }}
        {% macro m() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, 2, x=3) }}{{ m() }}
        {% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, 2) }}
        {% macro m(a) %}{{ a }}{% endmacro %}{{ m(b=1) }}
        {% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, a=2) }}
        {% macro m(a=1, b) %}{% endmacro %}
        {% macro fact(n) %}{% if n <= 1 %}1{% else %}{{ n * (fact(n - 1)|int) }}{% endif %}{% endmacro %}{{ fact(10) }}
        {% macro loop_forever(n) %}{{ loop_forever(n + 1) }}{% endmacro %}{{ loop_forever(0) }}
        {% macro m() %}  a\n{% endmacro %}[{{ m() }}][{{ m()|trim }}]{{ m() is string }}{{ m().strip() == 'a' }}
        {%- macro m() -%}  a  {%- endmacro -%}  [{{- m() -}}]
        {% macro dialog(title) %}<{{ title }}>{{ caller() }}</{{ title }}>{% endmacro %}{% call dialog('T') %}body {{ n }}{% endcall %}
        {% macro each(xs) %}{% for x in xs %}{{ caller(x, loop.index) }}{% endfor %}{% endmacro %}{% call(x, i) each(l) %}{{ i }}={{ x }};{% endcall %}
        {% macro m() %}{{ caller is defined }}{{ caller }}{% endmacro %}{{ m() }}
        {% macro m() %}{{ caller() }}{% endmacro %}{{ m() }}
        {% macro m() %}x{% endmacro %}{% call m() %}y{% endcall %}
        {% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}B{% endmacro %}{{ a() }}
        {{ a() }}{% macro a() %}A{% endmacro %}
        {% macro m(a, b=1) %}{% endmacro %}{{ m.name }}{{ m.arguments }}{{ m.catch_kwargs }}{{ m.catch_varargs }}{{ m.caller }}{{ m }}{{ m.foo is defined }}
        {% macro outer() %}{% macro inner(x) %}[{{ x }}]{% endmacro %}{{ inner(1) }}{% endmacro %}{{ outer() }}{{ inner is defined }}
        {% macro m(x) %}{% for i in x %}{{ loop.index }}{% if i is iterable and i is not string %}({{ m(i) }}){% endif %}{% endfor %}{% endmacro %}{{ m([1, [2, [3]]]) }}
        {% set f = 'abc'.upper %}{{ f() }}{% set g = d.get %}{{ g('b') }}
        {{ 5() }}
        {{ 'abc'() }}
        {{ [1]() }}
    """,
    "global": r"""
        {{ raise_exception('no ' ~ n) }}
        {% if false %}{{ raise_exception('x') }}{% endif %}ok
        {{ strftime_now('%Y-%m-%d %H:%M:%S %d %b %B %a %A %j %y %p %I %e %-d %-m %% %q %F %T %D %R %U %W %V %G %u %w %C %h %k %l %P') }}
        {% set c = cycler('a', 'b') %}{{ c.next() }}{{ c.next() }}{{ c.next() }}{{ c.current }}{{ c.reset() }}{{ c.next() }}{% set j = joiner() %}{{ j() }}x{{ j() }}y{{ j() }}{% set k = joiner('|') %}{{ k() }}{{ k() }}
        {{ cycler() }}
        {{ range is defined }}{{ namespace is callable }}{{ strftime_now is defined }}{{ raise_exception is defined }}{{ dict is callable }}{{ lipsum is string }}{{ get_current_date is defined }}
        {{ bos_token + 'x' + eos_token }}{{ add_generation_prompt }}{{ pad_token is defined }}
    """,
    "generation": r"""
        a{% generation %}b{{ n }}{% endgeneration %}c{% generation %}{% endgeneration %}d{% generation %}e{% endgeneration %}
        {% for m in messages %}{{ m.role }}: {% generation %}{{ m.content }}{{ eos_token }}{% endgeneration %}{% endfor %}
        x\n  {% generation %}\n  y\n  {%- endgeneration -%}  \n z
        {% generation %}{% set q = 1 %}{{ q }}{% endgeneration %}{{ q is defined }}
        {% generation %}{% set ns = namespace(a=1) %}{% for i in l %}{% if i == 1 %}{% continue %}{% endif %}{{ i }}{% endfor %}{% endgeneration %}
        {% for i in l %}{% generation %}{% break %}{% endgeneration %}{% endfor %}
        {% generation %}x
        é{% generation %}你好{% endgeneration %}🌍{% generation %}🌍{% endgeneration %}
        {% for m in messages %}{% if m.role == 'assistant' %}<a>{%- generation -%}{{ m.content|trim }}{%- endgeneration -%}</a>{% else %}<{{ m.role }}>{% endif %}{% endfor %}
    """,
}

NOW = datetime.datetime(2024, 7, 6, 15, 4, 5)


def environment():
    env = chat_template_utils._cached_compile_jinja_template("").environment
    env.globals["strftime_now"] = NOW.strftime
    return env


def render(env, source):
    try:
        blocks, ranges = [], []
        with env.activate_tracker(blocks, ranges):
            for block in env.from_string(source).generate(**CONTEXT):
                blocks.append(block)
        return "".join(blocks), ranges
    except Exception as error:  # whatever a template can do wrong
        print(f"error: {source!r}: {type(error).__name__}: {error}")
        return None, []


def main():
    env = environment()
    rows = []
    for group, sources in ROWS.items():
        lines = sources.strip("\n").split("\n        ")
        for line in lines:
            source = line.strip("\n")
            if source.startswith("        "):
                source = source[8:]
            if source.endswith("\n    "):
                source = source[:-5]
            if group in ("space", "scope", "macro", "for", "generation"):
                source = source.replace("\\n", "\n").replace("\\r", "\r").replace("\\t", "\t").replace("\\u00a0", "\u00a0")
            output, ranges = render(env, source)
            rows.append([group, source, output] + ([ranges] if ranges else []))
    path = pathlib.Path(__file__).parent / "features.json"
    with path.open("w", encoding="utf-8") as file:
        file.write('{"context": ' + json.dumps(CONTEXT, ensure_ascii=False) + ',\n"rows": [\n')
        file.write(",\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n]}\n")
    print(len(rows), "rows,", sum(row[2] is None for row in rows), "errors")


if __name__ == "__main__":
    main()
