"""Writes masks.json: ids and assistant masks as transformers' apply_chat_template computes them.

Run by hand: python make.py. The tokenizers are the small ones of shared/tokenizer/testdata; the templates are written
here and have generation blocks.
"""

import json
import pathlib

from transformers import PreTrainedTokenizerFast

HERE = pathlib.Path(__file__).parent
TOKENIZERS = HERE.parent.parent.parent / "tokenizer" / "testdata"

TEMPLATES = {
    "smollm.json": (
        "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' }}{% if m.role == 'assistant' %}"
        "{% generation %}{{ m.content + '<|im_end|>' }}{% endgeneration %}{{ '\n' }}"
        "{% else %}{{ m.content + '<|im_end|>\n' }}{% endif %}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
    ),
    "qwen2.json": (
        "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' }}{% if m.role == 'assistant' %}"
        "{{ '<think>\n\n</think>' }}{% generation %}{{ '\n\n' + m.content|trim + '<|im_end|>\n' }}{% endgeneration %}"
        "{% else %}{{ m.content + '<|im_end|>\n' }}{% endif %}{% endfor %}"
    ),
    "llama2.json": (
        "{{ bos_token }}{% for m in messages %}{% if m.role == 'assistant' %}"
        "{% generation %}{{ ' ' + m.content + eos_token }}{% endgeneration %}"
        "{% else %}{{ '[INST] ' + m.content + ' [/INST]' }}{% endif %}{% endfor %}"
    ),
    "metaspace.json": (
        "{{ bos_token }}{% for m in messages %}{% if m.role == 'assistant' %}"
        "{% generation %}{{ m.content }}{% endgeneration %}{{ eos_token }}"
        "{% else %}{{ 'Q:' + m.content + 'A:' }}{% endif %}{% endfor %}"
    ),
}

CHATS = [
    [("user", "Hello there, how are you?"), ("assistant", "I am fine, thank you!")],
    [("system", "Be brief."), ("user", "1 + 1 = ?"), ("assistant", "2"), ("user", "And 2+2?"), ("assistant", " four \n")],
    [("user", "你好，世界！🌍"), ("assistant", "Grüße — “quoted” text\n\n  indented\tcode();\n"), ("user", "")],
    [("user", "no answer yet")],
    [("assistant", "y"), ("user", "x"), ("assistant", "the end of the sentence.The next")],
]


def main():
    rows = []
    for name, template in TEMPLATES.items():
        tok = PreTrainedTokenizerFast(
            tokenizer_file=str(TOKENIZERS / name), bos_token="<s>", eos_token="</s>", chat_template=template
        )
        for chat in CHATS:
            messages = [{"role": role, "content": content} for role, content in chat]
            out = tok.apply_chat_template(messages, return_dict=True, return_assistant_tokens_mask=True)
            rows.append(
                {"tokenizer": name, "template": template, "messages": messages, "ids": out["input_ids"],
                 "mask": out["assistant_masks"]}
            )
    with (HERE / "masks.json").open("w", encoding="utf-8") as file:
        file.write("[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n]\n")
    print(len(rows), "rows")


if __name__ == "__main__":
    main()
