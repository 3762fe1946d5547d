"""Begins the hybrid: its weights are the MoE's, its DeltaNet layers learn to answer as the attention they replace.

    python3 imitate.py --work DIR --steps 400     writes DIR/checkpoint.pt; then train.py --work DIR --model hybrid

Each DeltaNet is given what the MoE's attention of that layer is given and is to return the same, on training rows; a
layer-by-layer start needs a tenth of the tokens that the whole model would need to find such layers by itself.
"""
import argparse
import os
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

import evaluate
import train
from data import training_batch
from model import CONFIGS, Model
from optim import Optimizer


@torch.no_grad()
def most_used(moe, tokens, doc, n):
    """By layer, the n experts that get the most weight on these tokens."""
    of_layer = []

    def weigh(experts, given, _):
        weight, ids = F.linear(given[0], experts.ffn_gate_inp).softmax(-1).topk(moe.c.n_experts_used, -1)
        weight = weight / weight.sum(-1, keepdim=True)
        mass = torch.zeros(moe.c.n_experts).index_add_(0, ids.reshape(-1), weight.reshape(-1))
        of_layer.append(mass.topk(n).indices.sort().values)

    hooks = [layer.feed_forward.register_forward_hook(weigh) for layer in moe.layers]
    moe(tokens, doc, moe.c.n_experts_used)
    for hook in hooks:
        hook.remove()
    return of_layer


@torch.no_grad()
def take_over(hybrid, moe, kept):
    """Embeddings, norms, the experts to be kept and the last layer's attention come from the MoE. At first the gates of
    attention are all one half and the shared experts add nothing."""
    source = dict(moe.named_parameters())
    for name, p in hybrid.named_parameters():
        if name.endswith("ffn_down_shexp"):
            p.zero_()
        elif name.endswith("attn_q"):
            queries = source[name].view(hybrid.c.n_heads, 1, -1, p.shape[-1])
            p.copy_(torch.cat([queries, torch.zeros_like(queries)], 1).reshape(p.shape))
        elif name.endswith("attn_output"):
            p.copy_(2 * source[name])
        elif name.endswith(("ffn_gate_inp", "_exps")):
            p.copy_(source[name][kept[int(name.split(".")[1])]])
        elif name in source:
            p.copy_(source[name])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--work", required=True, help="folder for tokenizer, checkpoint and log")
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    os.makedirs(args.work, exist_ok=True)
    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    moe, tokenizer = evaluate.load()
    hybrid = Model(CONFIGS["hybrid"])
    tokens, doc, _ = training_batch(tokenizer, f"usage-{args.seed}", train.ROWS_PER_WORKER, train.N_TOKENS)
    take_over(hybrid, moe, most_used(moe, tokens, doc, hybrid.c.n_experts))
    students = nn.ModuleList(layer.mixer for layer in hybrid.layers if not layer.attends)
    optimizer = Optimizer(students, 1)
    for name, p in students.named_parameters():
        p.grad = optimizer.grads[0][name]
    heard = {}
    for i in range(len(students)):
        moe.layers[i].mixer.register_forward_hook(lambda _, given, said, i=i: heard.update({i: (given[0], said)}))
    began = time.time()
    for step in range(1, args.steps + 1):
        tokens, doc, _ = training_batch(tokenizer, f"imitate-{args.seed}-{step}", train.ROWS_PER_WORKER, train.N_TOKENS)
        with torch.no_grad():
            moe(tokens, doc, moe.c.n_experts_used)
        for g in optimizer.grads[0].values():
            g.zero_()
        real, errors = (doc >= 0).unsqueeze(-1), []
        for i, student in enumerate(students):
            given, said = heard[i]
            errors.append(((student(given, doc, None) - said) * real).pow(2).sum() / (said * real).pow(2).sum())
        sum(errors).backward()
        optimizer.update(0, step, train.learning_rate(step, step / args.steps))
        if step % 20 == 0:
            print(f"step {step} {(time.time() - began) / 60:.1f} min relative error of each layer",
                  *(f"{e.item() ** 0.5:.3f}" for e in errors), flush=True)
    torch.save({"model": hybrid.state_dict(), "optimizer": {}, "step": 0, "trained_s": 0.0},
               os.path.join(args.work, "checkpoint.pt"))


if __name__ == "__main__":
    main()
