"""Holds the answers that cmd/conformance wrote against their schemas with another validator.

    pip install jsonschema==4.26.0
    python3 json_schema.py answers.jsonl
"""
import json
import sys

import jsonschema


def unique(pairs):
    names = [k for k, _ in pairs]
    if len(names) != len(set(names)):
        raise ValueError(f"a name comes twice in {names}")
    return dict(pairs)


def main(path):
    total = wrong = 0
    for line in open(path, encoding="utf-8"):
        row = json.loads(line)
        total += 1
        try:
            value = json.loads(row["answer"], object_pairs_hook=unique)
            jsonschema.Draft202012Validator(row["schema"]).validate(value)
        except (ValueError, jsonschema.ValidationError) as e:
            wrong += 1
            print(row["answer"], e, sep="\n  ")
    print(f"{total} answers, {wrong} wrong")
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main(sys.argv[1])
