"""Packs generated examples into training rows, and lays out examples for teacher-forced checks."""
import random

import torch

from tasks import Split, chat, draw

# Of the loss; answers that can be right or wrong count 1, and so do stories that a model has told.
QUESTION_WEIGHT, STORY_WEIGHT = 0.1, 0.3


def encode_example(tokenizer, domain, example):
    """Token ids and the loss weight of each."""
    if domain == "running-text":
        ids = tokenizer.encode(example.answer)
        return ids, [STORY_WEIGHT] * len(ids)
    question = tokenizer.encode(chat(example.prompt))
    answer = tokenizer.encode(example.answer + "<|im_end|>")
    weight = STORY_WEIGHT if domain == "stories" else 1.0
    return (question + answer + tokenizer.encode("\n"),
            [QUESTION_WEIGHT] * len(question) + [weight] * len(answer) + [QUESTION_WEIGHT])


def training_example(rng, told):
    """Domain and example; a story is one of told, where there are any."""
    domain, example = draw(rng, Split.TRAIN)
    return ("told", rng.choice(told)) if told and domain == "stories" else (domain, example)


def training_batch(tokenizer, seed, n_rows, n_tokens, told=()):
    """tokens, document numbers, loss weights [n_rows, n_tokens + 1]; the same seed gives the same batch."""
    rng = random.Random(seed)
    tokens = torch.full((n_rows, n_tokens + 1), tokenizer.pad, dtype=torch.long)
    doc = torch.full((n_rows, n_tokens + 1), -1, dtype=torch.long)
    weight = torch.zeros(n_rows, n_tokens + 1)
    waiting = []
    for row in range(n_rows):
        at = n_docs = 0
        while True:
            while len(waiting) < 8:
                waiting.append(encode_example(tokenizer, *training_example(rng, told)))
            fitting = next((e for e in waiting if at + len(e[0]) <= n_tokens + 1), None)
            if fitting is None:
                break
            waiting.remove(fitting)
            ids, w = fitting
            tokens[row, at:at + len(ids)] = torch.tensor(ids)
            doc[row, at:at + len(ids)] = n_docs
            weight[row, at:at + len(ids)] = torch.tensor(w)
            weight[row, at] = 0.0  # the first token of a document follows nothing
            at, n_docs = at + len(ids), n_docs + 1
    return tokens, doc, weight


def held_out_rows(tokenizer, domain, n, seed=99):
    """One held-out example a row: tokens [n, T], answer mask [n, T]; for checks while training."""
    rng = random.Random(seed)
    rows = []
    for _ in range(n):
        example = draw(rng, Split.HELD_OUT, domain)[1]
        question = tokenizer.encode(chat(example.prompt))
        rows.append((question, tokenizer.encode(example.answer + "<|im_end|>")))
    width = max(len(q) + len(a) for q, a in rows)
    tokens = torch.full((n, width), tokenizer.pad, dtype=torch.long)
    mask = torch.zeros(n, width, dtype=torch.bool)
    for i, (q, a) in enumerate(rows):
        tokens[i, :len(q) + len(a)] = torch.tensor(q + a)
        mask[i, len(q):len(q) + len(a)] = True
    return tokens, mask
