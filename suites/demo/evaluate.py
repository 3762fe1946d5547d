"""Grades a GGUF of a demo model on items.jsonl in PyTorch, greedily, at several k:

    python3 evaluate.py [demo-moe.gguf] [-k 16,8,6,4,3,2,1] [-o answers.json]     k is 0 of the draft

The weights are read back from the file, so what is graded is the quantised model. Prints one row per k.
"""
import argparse
import json
import os
import re
from collections import defaultdict

import torch

import bpe
import gguf
from export import gguf_names
from model import CONFIGS, Model, Past
from tasks import chat

HERE = os.path.dirname(os.path.abspath(__file__))
MOE = os.path.join(HERE, "demo-moe.gguf")


def load(path=MOE):
    meta, arrays = gguf.read(path)
    tokenizer = bpe.Tokenizer([m.split(" ") for m in meta["tokenizer.ggml.merges"]])
    assert tokenizer.tokens == meta["tokenizer.ggml.tokens"]
    config = next(c for c in CONFIGS.values() if c.architecture == meta["general.architecture"])
    model = Model(config)
    state = {}
    for name in model.state_dict():
        parts = [torch.tensor(arrays[n]) for n in gguf_names(name, config)]
        x = torch.cat(parts, -2) if parts[1:] else parts[0]
        state[name] = (-x).log() if name.endswith("ssm_a_log") else x
    model.load_state_dict(state)
    return model, tokenizer


@torch.no_grad()
def generate(model, tokenizer, prompt, max_tokens, k):
    """The greedy answer as token ids, without the end token."""
    past, answer = Past(len(model.layers)), []
    tokens = tokenizer.encode(chat(prompt))
    while len(answer) < max_tokens:
        hidden = model.forward_next(torch.tensor([tokens]), past, k)
        tokens = [model.logits(hidden[0, -1]).argmax().item()]
        if tokens[0] == tokenizer.eos:
            break
        answer += tokens
    return answer


def is_right(grader, answer):
    kind, expected = grader["kind"], grader.get("expected")
    if kind == "exact":
        return answer.strip() in expected
    if kind == "numeric":
        number = re.search(r"-?\d+(\.\d+)?", answer)
        return bool(number) and float(number.group()) == float(expected[0])
    if kind == "set":
        words = lambda text: sorted(re.split(r"[\s,]+", text.strip(" ,\n")))
        return words(answer) == words(expected[0])
    return re.search(grader["pattern"], answer) is not None


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model", nargs="?", default=MOE)
    parser.add_argument("-k", default="16,8,6,4,3,2,1")
    parser.add_argument("-o", "--output", help="write every answer here")
    args = parser.parse_args()
    torch.set_num_threads(1)  # one token at a time: more threads only wait for each other
    model, tokenizer = load(args.model)
    with open(os.path.join(HERE, "items.jsonl"), encoding="utf-8") as f:
        items = [json.loads(line) for line in f]
    written = []
    for k in map(int, args.k.split(",")):
        right = defaultdict(list)
        for item in items:
            ids = generate(model, tokenizer, item["prompt"], item["max_tokens"], k)
            answer = tokenizer.decode(ids)
            ok = is_right(item["grader"], answer)
            right[item["category"]].append(ok)
            written.append({"k": k, "id": item["id"], "tokens": ids, "answer": answer, "right": ok})
        every = [ok for oks in right.values() for ok in oks]
        print(f"k {k:2d}  all {sum(every) / len(every):.3f}  " +
              "  ".join(f"{d} {sum(v) / len(v):.2f}" for d, v in sorted(right.items())), flush=True)
    if args.output:
        with open(args.output, "w", encoding="utf-8") as f:
            json.dump(written, f, ensure_ascii=False, indent=0)


if __name__ == "__main__":
    main()
