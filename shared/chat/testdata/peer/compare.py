"""Compares `graft template render` with transformers' own chat template environment.

    python compare.py path/to/graft template.jinja…

Every template is rendered with the conversations of CASES by both; what one refuses, the other must refuse. Run by hand
where transformers is installed, over templates of well-known models; it prints the differences and a count.
"""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from transformers.utils import chat_template_utils as hf

TODAY = "26 Jul 2024"


class Clock:
    @staticmethod
    def now():
        return Clock

    @staticmethod
    def strftime(format):
        return TODAY


hf.datetime = Clock

WEATHER = {"type": "function", "function": {
    "name": "get_weather", "description": 'Wetter "jetzt" <b>&amp;</b> — 天气 é \u2028 \x7f 😀\n\ttab',
    "parameters": {"type": "object", "properties": {
        "city": {"type": "string", "description": "City's name", "enum": ["Paris", "北京"]},
        "days": {"type": ["integer", "null"], "default": None, "minimum": -1e-7, "maximum": 1e16, "x": 1.0, "y": 100000000000000000000},
        "opts": {"type": "object", "properties": {"units": {"type": "string"}, "list": {"type": "array", "items": {"type": "number"}}}, "required": ["units"]},
    }, "required": ["city"]}, "return": {"type": "string"}}}
BARE = {"name": "bare", "description": "no wrapper", "parameters": {"type": "object", "properties": {}}}
SEARCH = {"type": "function", "function": {"name": "search", "description": "", "parameters": {
    "type": "object", "properties": {"z": {"type": "string"}, "a": {"type": "boolean"}}, "additionalProperties": False}}}
DOCS = [{"title": "T1", "text": "Text — 一"}, {"title": "T2", "text": "x\ny", "snippet": "s"}]


def m(role, content=None, **more):
    return {"role": role, "content": content, **more}


def call(name, arguments, id="call_00001"):
    return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}


SYSTEM, USER, HELLO = m("system", "Be brief."), m("user", "Hi there"), m("assistant", "Hello!")
ODD = " \n<|im_end|> {{ x }} 'quoted' \"double\" \\ \u00a0\u3000 </s> é 😀 \r\n end \t"
ARGS = {"city": "Paris", "days": 3, "flag": True, "none": None, "f": 1.5, "list": [1, "two", {"k": "v"}], "中": "文 'q' \"d\""}
TOOLS = [WEATHER]
CONVERSATIONS = {
    "one": [USER], "chat": [SYSTEM, USER, HELLO, USER], "ends": [USER, HELLO], "empty": [], "odd": [m("system", ODD), m("user", ODD), m("assistant", ODD), m("user", ODD)],
    "null": [m("user", None)], "nullassistant": [USER, m("assistant", None), USER], "blank": [m("system", ""), m("user", ""), m("assistant", ""), m("user", "x")],
    "nocontent": [{"role": "user"}], "norole": [{"content": "x"}], "twosystems": [SYSTEM, SYSTEM, USER], "twousers": [USER, USER, HELLO, HELLO, USER],
    "latesystem": [USER, HELLO, SYSTEM, USER], "developer": [m("developer", "Dev."), USER], "strange": [m("narrator", "x"), USER], "startsassistant": [HELLO, USER],
    "parts": [m("system", [{"type": "text", "text": "Sys"}]), m("user", [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]), m("assistant", [{"type": "text", "text": "c"}]), USER],
    "image": [m("user", [{"type": "image"}, {"type": "text", "text": "what?"}, {"type": "image_url", "image_url": {"url": "u"}}, {"type": "video", "video": "v"}, {"type": "audio"}])],
    "emptyparts": [m("user", []), HELLO, USER],
    "reasoning": [USER, m("assistant", "Hello!", reasoning_content="thinking…\nmore\n"), USER], "thinktag": [USER, m("assistant", "<think>\nhm\n</think>\n\nHello!"), USER],
    "thinking": [USER, m("assistant", "Hello!", thinking="hm"), USER, m("assistant", "</think>only end"), USER], "reasonnull": [USER, m("assistant", "x", reasoning_content=None), USER],
    "calls": [SYSTEM, USER, m("assistant", None, tool_calls=[call("get_weather", ARGS)]), m("tool", '{"t": 20}', name="get_weather", tool_call_id="call_00001"), m("assistant", "20°."), USER],
    "callstring": [USER, m("assistant", "", tool_calls=[call("get_weather", json.dumps(ARGS))]), m("tool", "20", name="get_weather", tool_call_id="call_00001")],
    "twocalls": [USER, m("assistant", "Let me see", tool_calls=[call("get_weather", {"city": "A"}, "call_0001a"), call("search", {}, "call_0001b")]),
                 m("tool", "1", name="get_weather", tool_call_id="call_0001a"), m("tool", {"r": [1, None]}, name="search", tool_call_id="call_0001b"), m("assistant", "Done."), USER],
    "callflat": [USER, m("assistant", None, tool_calls=[{"name": "get_weather", "arguments": ARGS}]), m("tool", "20"), USER],
    "emptycalls": [USER, m("assistant", "x", tool_calls=[]), USER], "nullcalls": [USER, m("assistant", "x", tool_calls=None), USER],
    "callreason": [USER, m("assistant", "", reasoning_content="why", tool_calls=[call("search", {"z": "q"})]), m("tool", [{"type": "text", "text": "part"}]), m("assistant", "ok", reasoning_content="r2")],
    "toolonly": [m("tool", "x")], "toolparts": [USER, m("assistant", "", tool_calls=[call("search", {})]), m("tool", [{"type": "text", "text": "p1"}, {"type": "text", "text": "p2"}], name="search"), m("tool", "p3"), USER],
    "ipython": [USER, HELLO, m("ipython", {"output": [1, 2]}), USER], "function": [USER, HELLO, m("function", "out", name="f"), USER],
    "number": [m("user", 5), m("assistant", 1.5), m("user", True)], "dict": [m("user", {"a": 1, "b": [None, "x"]})], "long": [x for i in range(12) for x in (m("user", f"q{i}"), m("assistant", f"a{i}"))] + [USER],
}
VARIABLES = {
    "": {}, "gen": {"add_generation_prompt": True}, "tools": {"add_generation_prompt": True, "tools": TOOLS}, "toolsnull": {"tools": None, "documents": None, "add_generation_prompt": False},
    "toolsmany": {"tools": [WEATHER, SEARCH, BARE], "add_generation_prompt": True}, "toolsempty": {"tools": [], "add_generation_prompt": True},
    "think": {"add_generation_prompt": True, "enable_thinking": True, "thinking": True, "reasoning_effort": "high", "tools": TOOLS},
    "nothink": {"add_generation_prompt": True, "enable_thinking": False, "thinking": False, "reasoning_effort": "none", "preserve_thinking": True, "clear_thinking": False},
    "docs": {"add_generation_prompt": True, "documents": DOCS, "date_string": "1 Jan 2025", "citation_mode": "fast", "tools_in_user_message": False, "builtin_tools": ["code_interpreter", "brave_search"], "tools": TOOLS},
    "nobos": {"bos_token": None, "eos_token": None, "add_generation_prompt": True}, "functions": {"functions": TOOLS, "datetime": "now", "custom_tools": TOOLS, "add_generation_prompt": True},
}


def expected(template, variables):
    try:
        return hf._compile_jinja_template(template).render(**variables), None
    except Exception as e:  # whatever the template provokes in Python
        return None, f"{type(e).__name__}: {e}"


def main():
    graft, *files = sys.argv[1:]
    total = same = refused = 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "input.json")
        for file in files:
            template = Path(file).read_text(encoding="utf-8")
            for cname, messages in CONVERSATIONS.items():
                for vname, variables in VARIABLES.items():
                    values = {"messages": messages, "bos_token": "<s>", "eos_token": "</s>", "add_generation_prompt": False} | variables
                    path.write_text(json.dumps(values | {"strftime_now": TODAY}, ensure_ascii=vname == "gen"), encoding="utf-8")
                    got = subprocess.run([graft, "template", "render", "--chat-template", file, "--input", path], capture_output=True)
                    want, error = expected(template, values)
                    total += 1
                    if want is None and got.returncode == 1:
                        refused += 1
                        same += 1
                    elif want is not None and got.returncode == 0 and got.stdout == want.encode():
                        same += 1
                    else:
                        print(f"{Path(file).name} {cname}/{vname}\n  transformers: {want!r} {error or ''}\n  graft:        {got.stdout.decode()!r} {got.stderr.decode()}")
    print(f"{same} of {total} identical, {refused} of them refused by both")
    return same != total


if __name__ == "__main__":
    sys.exit(main())
