"""Muon for the weight matrices, Adam for everything else, over parameters and gradients in shared memory.

Each worker of a data-parallel group updates its own share of the parameters, reading every worker's gradients, so
nothing is computed twice and nothing is sent. Muon: Keller Jordan, 2024, "Muon: an optimizer for hidden layers".
"""
import torch

MATRICES = ("attn_q", "attn_k", "attn_v", "attn_output", "attn_qkv", "attn_gate", "ssm_out", "ffn_gate_up", "ffn_down",
            "ffn_gate_up_exps", "ffn_down_exps", "ffn_gate_up_shexp", "ffn_down_shexp")


def orthogonalize(g):
    """Newton-Schulz iteration towards U V^T of each matrix in a batch; g [..., rows, columns]."""
    transposed = g.shape[-2] > g.shape[-1]
    x = g.transpose(-2, -1) if transposed else g
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(5):
        a = x @ x.transpose(-2, -1)
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
    return x.transpose(-2, -1) if transposed else x


class Optimizer:
    """state[name] holds the moments; all of it lives in shared memory and goes into the checkpoint."""

    def __init__(self, model, n_workers):
        self.params = {n: p for n, p in model.named_parameters() if p.requires_grad}
        shared = lambda p: torch.zeros_like(p, requires_grad=False).share_memory_()
        self.grads = [{n: shared(p) for n, p in self.params.items()} for _ in range(n_workers)]
        self.state = {n: {"m": shared(p)} if self.is_matrix(n) else {"m": shared(p), "v": shared(p)}
                      for n, p in self.params.items()}

    @staticmethod
    def is_matrix(name):
        return name.rsplit(".", 1)[-1] in MATRICES

    @torch.no_grad()
    def update(self, rank, step, lr_scale, matrix_lr=0.02, other_lr=3e-3, decay=0.01):
        """Updates the parameters that belong to worker `rank`; step counts from 1."""
        for i, (name, p) in enumerate(self.params.items()):
            if i % len(self.grads) != rank:
                continue
            g = sum(grads[name] for grads in self.grads) / len(self.grads)
            s = self.state[name]
            if self.is_matrix(name):
                s["m"].mul_(0.95).add_(g)
                direction = g + 0.95 * s["m"]
                # gate and up are two matrices stored as one
                shape = (-1, p.shape[-2] // 2, p.shape[-1]) if "gate_up" in name else p.shape
                direction = orthogonalize(direction.view(shape))
                direction = direction.reshape(p.shape) * max(1, shape[-2] / shape[-1]) ** 0.5
                p.mul_(1 - matrix_lr * lr_scale * decay).add_(direction, alpha=-matrix_lr * lr_scale)
            else:
                s["m"].lerp_(g, 0.1)
                s["v"].lerp_(g * g, 0.05)
                m, v = s["m"] / (1 - 0.9 ** step), s["v"] / (1 - 0.95 ** step)
                p.add_(m / (v.sqrt() + 1e-8), alpha=-other_lr * lr_scale)
