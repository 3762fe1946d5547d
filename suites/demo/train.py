"""Trains a demo model on generated tasks, the 3.5-million-parameter qwen3moe in about an hour on two CPU cores.

    python3 train.py --work DIR [--minutes 75] [--steps N] [--workers 2]     train, or go on from DIR's checkpoint
    python3 train.py --work DIR --model draft ...                            see model.py for the three models

Needs PyTorch >= 1.13. Nobody who only uses moebench needs this. What it does: generates the tasks (tasks.py), trains a
byte-level BPE on them once (bpe.py), then trains the model (model.py) with k = k0 throughout, on packed rows of
256 tokens whose loss counts mostly on answers. The draft hears the MoE's own stories (told.py) and the hybrid begins
where imitate.py left it. `--workers` processes of one thread each share the parameters: two single-threaded workers are
nearly twice as fast as one of two threads.

Writes into DIR: merges.json (the BPE), checkpoint.pt every two minutes, log.txt. Then run export.py.
The learning rate is constant, and falls to zero over the end of the budget (whichever of minutes and steps is
nearer its end); with only --steps given, the run is the same for the same seed and number of workers.
"""
import argparse
import json
import os
import random
import sys
import time

import torch
import torch.multiprocessing as mp
import torch.nn.functional as F

import bpe
import evaluate
from data import held_out_rows, training_batch
from model import CONFIGS, Model
from optim import Optimizer
from tasks import DOMAINS, Split, draw
from told import load_stories

N_TOKENS = 256          # per packed row
ROWS_PER_WORKER = 8    # per step
WARMUP_STEPS = 40
BALANCE_WEIGHT = 0.01
CHECK_EVERY = 150       # steps
CHECKPOINT_EVERY_S = 120


def train_tokenizer(seed):
    rng = random.Random(seed)
    texts = [e.prompt + "\n" + e.answer for e in (draw(rng, Split.TRAIN)[1] for _ in range(40000))]
    return bpe.train(texts + ["user\n", "assistant\n"] * 40000, CONFIGS["moe"].n_vocab - 256 - len(bpe.SPECIAL))


def load_tokenizer(args):
    """Of a new MoE its own, of the others that of the MoE that is there."""
    path = os.path.join(args.work, "merges.json")
    if not os.path.exists(path):
        merges = train_tokenizer(args.seed) if args.model == "moe" else evaluate.load()[1].merges
        with open(path, "w") as f:
            json.dump(merges, f)
    with open(path) as f:
        return bpe.Tokenizer(json.load(f))


def learning_rate(step, progress, decay_share=0.2):
    """Relative to the peak: warm-up, constant, linear to zero in the last decay_share of the budget."""
    return min(1.0, step / WARMUP_STEPS, max(0.0, 1.0 - progress) / decay_share)


@torch.no_grad()
def held_out_accuracy(model, tokenizer, n=24):
    """Share of held-out answers whose every token is the greedy choice, per domain."""
    result = {}
    for domain in DOMAINS:
        if domain in ("stories", "running-text"):
            continue
        tokens, mask = held_out_rows(tokenizer, domain, n)
        hidden, _ = model(tokens, torch.zeros_like(tokens), model.c.n_experts_used)
        right = (model.logits(hidden[:, :-1]).argmax(-1) == tokens[:, 1:]) | ~mask[:, 1:]
        result[domain] = right.all(-1).float().mean().item()
    return result


def worker(rank, args, model, optimizer, barrier, start):
    torch.set_num_threads(1)
    tokenizer = load_tokenizer(args)
    told = load_stories(args.work) if args.model == "draft" else ()
    grads = optimizer.grads[rank]
    for name, p in model.named_parameters():
        p.grad = grads.get(name)
    step, trained_s = start["step"], start["trained_s"]
    began = saved = time.time()
    log = open(os.path.join(args.work, "log.txt"), "a", buffering=1)
    shared_clock = start["clock"]
    while True:
        if rank == 0:
            shared_clock[0] = trained_s + time.time() - began
        barrier.wait()
        elapsed = shared_clock[0].item()
        progress = max(step / args.steps if args.steps else 0, elapsed / 60 / args.minutes if args.minutes else 0)
        if rank == 0 and (progress >= 1 or time.time() - saved > CHECKPOINT_EVERY_S):
            saved = time.time()
            path = os.path.join(args.work, "checkpoint.pt")
            torch.save({"model": model.state_dict(), "optimizer": optimizer.state, "step": step, "trained_s": elapsed},
                       path + ".new")
            os.replace(path + ".new", path)
        if progress >= 1:
            return
        step += 1
        tokens, doc, weight = training_batch(tokenizer, f"{args.seed}-{step}-{rank}", ROWS_PER_WORKER, N_TOKENS, told)
        for g in grads.values():
            g.zero_()
        hidden, balance = model(tokens[:, :-1], doc[:, :-1], model.c.n_experts_used)
        counted = weight[:, 1:] > 0
        losses = F.cross_entropy(model.logits(hidden[counted]), tokens[:, 1:][counted], reduction="none")
        w = weight[:, 1:][counted]
        loss = (losses * w).sum() / w.sum()
        (loss + BALANCE_WEIGHT * balance).backward()
        barrier.wait()
        optimizer.update(rank, step, args.peak * learning_rate(step, progress, args.decay))
        barrier.wait()
        if rank == 0 and step % 20 == 0:
            rate = (step - start["step"]) * len(optimizer.grads) * ROWS_PER_WORKER * N_TOKENS / (time.time() - began)
            print(f"step {step} {elapsed / 60:.1f} min loss {loss.item():.3f} balance {balance.item():.2f} {rate:.0f} tok/s",
                  file=log)
        if rank == 0 and step % CHECK_EVERY == 0:
            accuracy = held_out_accuracy(model, tokenizer)
            print("  held out " + " ".join(f"{d} {a:.2f}" for d, a in accuracy.items()), file=log)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--work", required=True, help="folder for tokenizer, checkpoint and log")
    parser.add_argument("--model", choices=CONFIGS, default="moe")
    parser.add_argument("--minutes", type=float, default=0, help="wall time to train, earlier runs in DIR counted in")
    parser.add_argument("--steps", type=int, default=0, help="optimizer steps to train, likewise")
    parser.add_argument("--peak", type=float, default=1, help="learning rate, relative to a MoE's from scratch")
    parser.add_argument("--decay", type=float, default=0.2, help="share of the budget in which it falls to zero")
    parser.add_argument("--freeze-experts", action="store_true")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    if not (args.minutes or args.steps):
        parser.error("give --minutes or --steps")
    os.makedirs(args.work, exist_ok=True)
    torch.manual_seed(args.seed)
    tokenizer = load_tokenizer(args)
    model = Model(CONFIGS[args.model])
    assert model.c.n_vocab == len(tokenizer.tokens)
    for name, p in model.named_parameters():
        p.requires_grad_(not (args.freeze_experts and name.endswith("_exps")))
    model.share_memory()
    optimizer = Optimizer(model, args.workers)
    start = {"step": 0, "trained_s": 0.0, "clock": torch.zeros(1, dtype=torch.float64).share_memory_()}
    path = os.path.join(args.work, "checkpoint.pt")
    if os.path.exists(path):
        saved = torch.load(path)
        model.load_state_dict(saved["model"])
        for name, moments in saved["optimizer"].items():
            for key, value in moments.items():
                if name in optimizer.state:
                    optimizer.state[name][key].copy_(value)
        start.update(step=saved["step"], trained_s=saved["trained_s"])
    barrier = mp.get_context("spawn").Barrier(args.workers)
    mp.spawn(worker, (args, model, optimizer, barrier, start), nprocs=args.workers)


if __name__ == "__main__":
    sys.exit(main())
