"""Grades a GGUF of the demo model on items.jsonl in PyTorch, greedily, at several k:

    python3 evaluate.py [demo-moe.gguf] [-k 16,8,6,4,3,2,1] [-o answers.json]

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
from model import Config, Model
from tasks import chat

HERE = os.path.dirname(os.path.abspath(__file__))
BATCH = 32


def load(path):
    meta, arrays = gguf.read(path)
    tokenizer = bpe.Tokenizer([m.split(" ") for m in meta["tokenizer.ggml.merges"]])
    assert tokenizer.tokens == meta["tokenizer.ggml.tokens"]
    model = Model(Config(n_vocab=len(tokenizer.tokens)))
    state = {}
    for name in model.state_dict():
        gguf_name = name.replace("layers.", "blk.") + ".weight"
        if "gate_up" in name:
            parts = [torch.tensor(arrays[gguf_name.replace("gate_up", p)]) for p in ("gate", "up")]
            state[name] = torch.cat(parts, 1)
        else:
            state[name] = torch.tensor(arrays[gguf_name])
    model.load_state_dict(state)
    return model, tokenizer


@torch.no_grad()
def generate(model, tokenizer, prompts, max_tokens, k):
    """Greedy answers, token ids without the end token. Prompts are run together, each in its own row."""
    texts = [tokenizer.encode(chat(p)) for p in prompts]
    answers, done = [[] for _ in prompts], [False] * len(prompts)
    for _ in range(max(max_tokens)):
        live = [i for i, d in enumerate(done) if not d]
        if not live:
            break
        rows = [texts[i] + answers[i] for i in live]
        width = max(map(len, rows))
        tokens = torch.tensor([r + [tokenizer.pad] * (width - len(r)) for r in rows])
        hidden, _ = model(tokens, torch.zeros_like(tokens), k)
        last = hidden[torch.arange(len(rows)), torch.tensor([len(r) - 1 for r in rows])]
        for i, token in zip(live, model.logits(last).argmax(-1).tolist()):
            if token == tokenizer.eos:
                done[i] = True
            else:
                answers[i].append(token)
                done[i] = len(answers[i]) >= max_tokens[i]
    return answers


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
    parser.add_argument("model", nargs="?", default=os.path.join(HERE, "demo-moe.gguf"))
    parser.add_argument("-k", default="16,8,6,4,3,2,1")
    parser.add_argument("-o", "--output", help="write every answer here")
    args = parser.parse_args()
    torch.set_num_threads(2)
    model, tokenizer = load(args.model)
    with open(os.path.join(HERE, "items.jsonl"), encoding="utf-8") as f:
        items = sorted(map(json.loads, f), key=lambda item: item["max_tokens"])
    written = []
    for k in map(int, args.k.split(",")):
        right = defaultdict(list)
        for start in range(0, len(items), BATCH):
            part = items[start:start + BATCH]
            answers = generate(model, tokenizer, [x["prompt"] for x in part], [x["max_tokens"] for x in part], k)
            for item, ids in zip(part, answers):
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
