"""The demo model: plain Qwen3-MoE maths (arXiv:2505.09388) at toy size, fast to train on a few CPU cores.

Parameters carry GGUF's layout, [out_features, in_features], experts stacked in front, so that the exporter only
quantises and names them. Attention never crosses the border of a packed document (`doc`).
"""
import math
from dataclasses import dataclass

import torch
import torch.nn as nn
import torch.nn.functional as F


@dataclass(frozen=True)
class Config:
    n_vocab: int
    n_layers: int = 4
    n_embd: int = 128
    n_heads: int = 4
    n_kv_heads: int = 2
    head_dim: int = 32
    n_experts: int = 32
    n_experts_used: int = 8  # k0
    n_ff: int = 64           # width of one expert
    rope_base: float = 10000.0
    rms_eps: float = 1e-6
    n_ctx: int = 512


class SortedExperts(torch.autograd.Function):
    """y[n] = sum_j weight[n, j] * expert_{ids[n, j]}(x[n]), one matrix product per expert over its own tokens.

    x [N, D], weight and ids [N, k], gate_up [E, 2F, D], down [E, D, F] -> [N, D]. The backward pass is written out
    because autograd of sliced parameters would write one whole zero tensor per expert.
    """

    @staticmethod
    def forward(ctx, x, weight, ids, gate_up, down):
        n_experts, n_ff = down.shape[0], down.shape[2]
        flat = ids.reshape(-1)
        order = flat.argsort()
        tokens = (order // ids.shape[1]).split(torch.bincount(flat, minlength=n_experts).tolist())
        weights = weight.reshape(-1, 1).index_select(0, order).split([len(t) for t in tokens])
        y, hidden = torch.zeros_like(x), []
        for e, (token, w) in enumerate(zip(tokens, weights)):
            h = x.index_select(0, token) @ gate_up[e].t()                  # [n, 2F]
            hidden.append(h)
            y.index_add_(0, token, (F.silu(h[:, :n_ff]) * h[:, n_ff:] * w) @ down[e].t())
        ctx.save_for_backward(x, weight, gate_up, down, order)
        ctx.tokens, ctx.weights, ctx.hidden = tokens, weights, hidden
        return y

    @staticmethod
    def backward(ctx, dy):
        x, weight, gate_up, down, order = ctx.saved_tensors
        n_ff = down.shape[2]
        dx, d_gate_up, d_down, d_weights = torch.zeros_like(x), torch.empty_like(gate_up), torch.empty_like(down), []
        for e, (token, w, h) in enumerate(zip(ctx.tokens, ctx.weights, ctx.hidden)):
            gate, up = h[:, :n_ff], h[:, n_ff:]
            sig = torch.sigmoid(gate)
            swish = gate * sig
            act = swish * up
            dys = dy.index_select(0, token)
            d_act = dys @ down[e]                                          # before the routing weight
            d_weights.append((d_act * act).sum(-1))
            d_act *= w
            torch.mm(dys.t(), act.mul_(w), out=d_down[e])
            dh = torch.empty_like(h)
            torch.mul(d_act, swish, out=dh[:, n_ff:])
            torch.mul(d_act.mul_(up), swish.mul_(1 - sig).add_(sig), out=dh[:, :n_ff])
            torch.mm(dh.t(), x.index_select(0, token), out=d_gate_up[e])
            dx.index_add_(0, token, dh @ gate_up[e])
        d_weight = torch.empty_like(order, dtype=x.dtype).index_copy_(0, order, torch.cat(d_weights))
        return dx, d_weight.view_as(weight), None, d_gate_up, d_down


def rms_norm(x, weight, eps):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps) * weight


def rope(x, cos, sin):
    """Half-split ("NEOX") rotation; x [B, H, T, head_dim], cos and sin [T, head_dim / 2]."""
    a, b = x.chunk(2, -1)
    return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)


def attend(q, k, v, mask):
    """q, k, v [B, H, T, head_dim], mask [B, 1, T, T] additive."""
    if hasattr(F, "scaled_dot_product_attention"):  # PyTorch >= 2.0
        return F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
    return (q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1]) + mask).softmax(-1) @ v


class Layer(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c = c
        d, q_dim, kv_dim = c.n_embd, c.n_heads * c.head_dim, c.n_kv_heads * c.head_dim
        residual = 0.5 / math.sqrt(2 * c.n_layers)  # keeps the residual stream near the embedding's size at first
        self.attn_norm = nn.Parameter(torch.ones(d))
        self.attn_q = nn.Parameter(torch.randn(q_dim, d) * d ** -0.5)
        self.attn_k = nn.Parameter(torch.randn(kv_dim, d) * d ** -0.5)
        self.attn_v = nn.Parameter(torch.randn(kv_dim, d) * d ** -0.5)
        self.attn_output = nn.Parameter(torch.randn(d, q_dim) * q_dim ** -0.5 * residual)
        self.attn_q_norm = nn.Parameter(torch.ones(c.head_dim))
        self.attn_k_norm = nn.Parameter(torch.ones(c.head_dim))
        self.ffn_norm = nn.Parameter(torch.ones(d))
        self.ffn_gate_inp = nn.Parameter(torch.randn(c.n_experts, d) * d ** -0.5)
        self.ffn_gate_up_exps = nn.Parameter(torch.randn(c.n_experts, 2 * c.n_ff, d) * d ** -0.5)
        self.ffn_down_exps = nn.Parameter(torch.randn(c.n_experts, d, c.n_ff) * c.n_ff ** -0.5 * residual * 2)

    def forward(self, x, cos, sin, mask, k, cache=None):
        """cache: a list that holds this layer's keys and values of earlier tokens, and takes those of these."""
        c = self.c
        n_seq, n_tok, d = x.shape
        h = rms_norm(x, self.attn_norm, c.rms_eps)
        heads = lambda w, n: F.linear(h, w).view(n_seq, n_tok, n, c.head_dim).transpose(1, 2)
        q = rope(rms_norm(heads(self.attn_q, c.n_heads), self.attn_q_norm, c.rms_eps), cos, sin)
        key = rope(rms_norm(heads(self.attn_k, c.n_kv_heads), self.attn_k_norm, c.rms_eps), cos, sin)
        value = heads(self.attn_v, c.n_kv_heads)
        if cache is not None:
            if cache:
                key, value = torch.cat([cache[0], key], 2), torch.cat([cache[1], value], 2)
            cache[:] = [key, value]
        group = c.n_heads // c.n_kv_heads
        a = attend(q, key.repeat_interleave(group, 1), value.repeat_interleave(group, 1), mask)
        x = x + F.linear(a.transpose(1, 2).reshape(n_seq, n_tok, -1), self.attn_output)

        h = rms_norm(x, self.ffn_norm, c.rms_eps).view(-1, d)
        probs = F.linear(h, self.ffn_gate_inp).softmax(-1)             # [N, E]
        weight, ids = probs.topk(k, -1)
        weight = weight / weight.sum(-1, keepdim=True)
        y = SortedExperts.apply(h, weight, ids, self.ffn_gate_up_exps, self.ffn_down_exps)
        load = torch.bincount(ids.reshape(-1), minlength=c.n_experts) / ids.numel()
        balance = c.n_experts * (load * probs.mean(0)).sum()           # 1 when even (Switch, arXiv:2101.03961)
        return x + y.view(n_seq, n_tok, d), balance


class Model(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c = c
        self.token_embd = nn.Parameter(torch.randn(c.n_vocab, c.n_embd) * 0.5)
        self.layers = nn.ModuleList(Layer(c) for _ in range(c.n_layers))
        self.output_norm = nn.Parameter(torch.ones(c.n_embd))
        self.output = nn.Parameter(torch.randn(c.n_vocab, c.n_embd) * 0.02)
        freq = c.rope_base ** (-torch.arange(0, c.head_dim, 2) / c.head_dim)
        angle = torch.arange(c.n_ctx).unsqueeze(1) * freq
        self.register_buffer("cos", angle.cos(), persistent=False)
        self.register_buffer("sin", angle.sin(), persistent=False)

    def forward(self, tokens, doc, k):
        """tokens, doc [B, T] -> hidden states after the last norm [B, T, D], mean load-balance loss."""
        n_tok = tokens.shape[1]
        allowed = (doc.unsqueeze(1) == doc.unsqueeze(2)) & torch.ones(n_tok, n_tok, dtype=torch.bool).tril()
        mask = torch.zeros(allowed.shape).masked_fill_(~allowed, -1e9).unsqueeze(1)
        x, balance = F.embedding(tokens, self.token_embd), 0.0
        for layer in self.layers:
            x, b = layer(x, self.cos[:n_tok], self.sin[:n_tok], mask, k)
            balance = balance + b / len(self.layers)
        return rms_norm(x, self.output_norm, self.c.rms_eps), balance

    def forward_next(self, tokens, caches, k):
        """The same for tokens [1, T] that follow those already in caches, one list per layer; k experts used."""
        n_past = caches[0][0].shape[2] if caches[0] else 0
        n_tok = tokens.shape[1]
        mask = torch.full((n_tok, n_past + n_tok), -1e9).triu(n_past + 1)
        x, at = F.embedding(tokens, self.token_embd), slice(n_past, n_past + n_tok)
        for layer, cache in zip(self.layers, caches):
            x, _ = layer(x, self.cos[at], self.sin[at], mask, k, cache)
        return rms_norm(x, self.output_norm, self.c.rms_eps)

    def logits(self, hidden):
        return F.linear(hidden, self.output)
