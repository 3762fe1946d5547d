"""Writes the held-out data of the demo suite beside this file: items.jsonl, speed.jsonl, text.txt.  python3 items.py DIR

DIR is the folder that train.py wrote (its tokenizer counts the tokens). Nothing written here can occur in training:
tasks.py keeps the two apart by hash.
"""
import json
import os
import random
import sys

import bpe
from tasks import DOMAINS, Split, draw

ITEMS_PER_DOMAIN = 14
MAX_DRAWS = 2000  # a small closed domain (facts) has fewer held-out wordings than that
TEXT_BYTES = 30000
HERE = os.path.dirname(os.path.abspath(__file__))


def grader(example):
    out = {"kind": example.kind}
    if example.kind == "pattern":
        out["pattern"] = example.pattern
    else:
        out["expected"] = example.expected
    if example.kind == "numeric":
        out["tolerance"] = 0
    return out


def items(tokenizer):
    rng = random.Random(20261122)
    for domain in DOMAINS:
        if domain == "running-text":
            continue
        seen = set()
        for _ in range(MAX_DRAWS):
            example = draw(rng, Split.HELD_OUT, domain)[1]
            if example.prompt in seen:
                continue
            if len(seen) == ITEMS_PER_DOMAIN:
                break
            seen.add(example.prompt)
            n_answer = len(tokenizer.encode(example.answer))
            yield {"id": f"demo-{domain}-{len(seen):03d}", "tier": example.tier, "category": domain,
                   "prompt": example.prompt, "max_tokens": max(8, 2 * n_answer), "grader": grader(example),
                   "source": "moebench"}


# Kind of a speed prompt, its domain, how it begins, tokens of its answer at least. What this little world has of each
# kind: an edit is a list repeated up to a word, a summary a story told anew, a document a list of orders.
SPEED_KINDS = [("code edit", "instructions", "Repeat", 6), ("summary with quotation", "stories", "Here is a story.", 96),
               ("question on a document", "recall", "Orders:", 12), ("free writing", "stories", "Write a story", 96)]
SPEED_PROMPTS_PER_KIND = 2
STORY_TOKENS = 96


def speed_prompts(tokenizer):
    """Requests that a program times. No more tokens are asked for than the right answer has: a model that must go on
    after its end repeats itself, and prompt lookup would be timed on that."""
    rng = random.Random(7)
    for kind, domain, start, at_least in SPEED_KINDS:
        n = 0
        while n < SPEED_PROMPTS_PER_KIND:
            example = draw(rng, Split.HELD_OUT, domain)[1]
            n_answer = len(tokenizer.encode(example.answer))
            if example.prompt.startswith(start) and n_answer >= at_least:
                n += 1
                yield {"id": f"demo-{kind.split()[0]}-{n}", "kind": kind, "prompt": example.prompt,
                       "max_tokens": min(n_answer, STORY_TOKENS)}


def text():
    rng, out = random.Random(11), ""
    while len(out.encode()) < TEXT_BYTES:
        out += draw(rng, Split.HELD_OUT, "running-text")[1].answer
    return out


def write_lines(name, rows):
    with open(os.path.join(HERE, name), "w", encoding="utf-8") as f:
        f.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def main():
    with open(os.path.join(sys.argv[1], "merges.json")) as f:
        tokenizer = bpe.Tokenizer(json.load(f))
    write_lines("items.jsonl", items(tokenizer))
    write_lines("speed.jsonl", speed_prompts(tokenizer))
    with open(os.path.join(HERE, "text.txt"), "w", encoding="utf-8") as f:
        f.write(text())


if __name__ == "__main__":
    main()
