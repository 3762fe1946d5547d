"""Stories as the finished MoE tells them, which the draft learns to foresee.

    python3 told.py --work DIR [--stories 3000]     writes DIR/stories.json
"""
import argparse
import json
import os
import random
from collections import defaultdict

import torch

import evaluate
from model import Past
from tasks import Example, Split, chat, draw

BATCH = 64


@torch.no_grad()
def answers(model, tokenizer, prompts, max_tokens):
    """Greedy answers to prompts [B, T], token ids, as texts; those without an end within max_tokens are None."""
    past, k, rows = Past(len(model.layers)), model.c.n_experts_used, []
    tokens = prompts
    done = torch.zeros(len(prompts), dtype=torch.bool)
    while len(rows) < max_tokens and not done.all():
        tokens = model.logits(model.forward_next(tokens, past, k)[:, -1:]).argmax(-1)
        done |= tokens[:, 0] == tokenizer.eos
        rows.append(tokens)
    for row in torch.cat(rows, 1).tolist():
        yield tokenizer.decode(row[:row.index(tokenizer.eos)]) if tokenizer.eos in row else None


def stories(model, tokenizer, n, seed=3):
    """n training prompts for stories, each with what the model tells."""
    rng, by_length = random.Random(seed), defaultdict(list)
    for _ in range(n):
        prompt = draw(rng, Split.TRAIN, "stories")[1].prompt
        by_length[len(tokenizer.encode(chat(prompt)))].append(prompt)
    for same in by_length.values():
        for i in range(0, len(same), BATCH):
            prompts = same[i:i + BATCH]
            ids = torch.tensor([tokenizer.encode(chat(p)) for p in prompts])
            for prompt, answer in zip(prompts, answers(model, tokenizer, ids, 160)):
                if answer:
                    yield [prompt, answer]


def load_stories(work):
    path = os.path.join(work, "stories.json")
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as f:
        return [Example(prompt, answer) for prompt, answer in json.load(f)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--work", required=True, help="folder to write stories.json to")
    parser.add_argument("--stories", type=int, default=3000)
    args = parser.parse_args()
    torch.set_num_threads(1)
    model, tokenizer = evaluate.load()
    os.makedirs(args.work, exist_ok=True)
    told = list(stories(model, tokenizer, args.stories))
    with open(os.path.join(args.work, "stories.json"), "w", encoding="utf-8") as f:
        json.dump(told, f, ensure_ascii=False)
    print(f"{len(told)} stories")


if __name__ == "__main__":
    main()
