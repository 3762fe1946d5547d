"""How much of what the draft proposes the MoE accepts, greedily, on items.jsonl and speed.jsonl:

    python3 acceptance.py [demo-draft.gguf] [-k 8,4,2] [--length 4]

At greedy the MoE's text does not depend on the draft, so it is generated once for each k and the draft is asked along
it. Proposals behind the end of the answer count as not made.
"""
import argparse
import copy
import json
import os

import torch

import evaluate
from model import Past
from tasks import chat


@torch.no_grad()
def propose(draft, past, tokens, length):
    """length greedy tokens after tokens, a list; past then holds tokens, not what was proposed."""
    hidden, out = draft.forward_next(torch.tensor([tokens]), past, 0), []
    ahead = copy.deepcopy(past)
    while True:
        out.append(draft.logits(hidden[0, -1]).argmax().item())
        if len(out) == length:
            return out
        hidden = draft.forward_next(torch.tensor([out[-1:]]), ahead, 0)


def accepted(draft, prompt, text, length):
    """Proposed, accepted, verifications: for the MoE's text, its end token with it."""
    past, fresh, at, counts = Past(len(draft.layers)), prompt, 0, [0, 0, 0]
    while at < len(text):
        wanted = text[at:at + length]
        proposed = propose(draft, past, fresh, length)[:len(wanted)]
        right = next((i for i, pair in enumerate(zip(proposed, wanted)) if pair[0] != pair[1]), len(wanted))
        fresh = text[at:at + right + 1]
        at += right + 1
        counts = [counts[0] + len(wanted), counts[1] + right, counts[2] + 1]
    return counts


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("draft", nargs="?", default=os.path.join(evaluate.HERE, "demo-draft.gguf"))
    parser.add_argument("-k", default="8,4,2")
    parser.add_argument("--length", type=int, default=4)
    args = parser.parse_args()
    torch.set_num_threads(1)
    moe, tokenizer = evaluate.load()
    draft, _ = evaluate.load(args.draft)
    for name in ("items.jsonl", "speed.jsonl"):
        with open(os.path.join(evaluate.HERE, name), encoding="utf-8") as f:
            rows = [json.loads(line) for line in f]
        for k in map(int, args.k.split(",")):
            total = [0, 0, 0]
            for row in rows:
                text = evaluate.generate(moe, tokenizer, row["prompt"], row["max_tokens"], k)
                text += [tokenizer.eos] if len(text) < row["max_tokens"] else []
                counts = accepted(draft, tokenizer.encode(chat(row["prompt"])), text, args.length)
                total = [a + b for a, b in zip(total, counts)]
            print(f"{name}  k {k}  accepted {total[1] / total[0]:.3f} of {total[0]}  "
                  f"tokens per verification {(total[1] + total[2]) / total[2]:.2f}", flush=True)


if __name__ == "__main__":
    main()
