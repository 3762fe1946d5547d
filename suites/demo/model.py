"""The demo models at toy size, fast to train on a few CPU cores: Qwen3-MoE (arXiv:2505.09388), a dense Qwen3 that
drafts for it, and a Qwen3-Next, three of whose four layers are DeltaNet.

Parameters carry GGUF's layout, [out_features, in_features], experts stacked in front, so that the exporter only
quantises and names them. Attention never crosses the border of a packed document (`doc`).
"""
import math
from dataclasses import dataclass, field

import torch
import torch.nn as nn
import torch.nn.functional as F

from delta_net import DeltaNet
from experts import Dense, Experts


@dataclass(frozen=True)
class Config:
    architecture: str = "qwen3moe"
    n_vocab: int = 1200
    n_layers: int = 4
    n_embd: int = 128
    n_heads: int = 4
    n_kv_heads: int = 2
    head_dim: int = 32
    n_experts: int = 32       # 0: a dense feed-forward
    n_experts_used: int = 8   # k0
    n_ff: int = 64            # width of one expert, or of the dense feed-forward
    n_ff_shared: int = 0      # width of the shared expert
    attention_every: int = 1  # the other layers are DeltaNet
    n_key_heads: int = 0      # of DeltaNet
    n_value_heads: int = 0
    state_dim: int = 0
    conv_kernel: int = 4
    output_gate: bool = False
    rope_base: float = 10000.0
    rms_eps: float = 1e-6
    n_ctx: int = 512


CONFIGS = {
    "moe": Config(),
    "draft": Config("qwen3", n_layers=2, n_embd=64, n_heads=2, n_kv_heads=1, n_experts=0, n_experts_used=0, n_ff=160),
    "hybrid": Config("qwen3next", n_experts=30, n_ff_shared=32, attention_every=4, n_key_heads=4, n_value_heads=4,
                     state_dim=32, output_gate=True),
}


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


@dataclass
class Past:
    """What a sequence leaves behind: one list per layer, filled by its mixer."""
    n_layers: int
    n_tokens: int = 0
    layers: list = field(default_factory=list)

    def __post_init__(self):
        self.layers = [[] for _ in range(self.n_layers)]


class Attention(nn.Module):
    def __init__(self, c, residual):
        super().__init__()
        self.c = c
        d, q_dim, kv_dim = c.n_embd, c.n_heads * c.head_dim, c.n_kv_heads * c.head_dim
        self.attn_q = nn.Parameter(torch.randn(q_dim * (1 + c.output_gate), d) * d ** -0.5)  # by head: query, gate
        self.attn_k = nn.Parameter(torch.randn(kv_dim, d) * d ** -0.5)
        self.attn_v = nn.Parameter(torch.randn(kv_dim, d) * d ** -0.5)
        self.attn_output = nn.Parameter(torch.randn(d, q_dim) * q_dim ** -0.5 * residual)
        self.attn_q_norm = nn.Parameter(torch.ones(c.head_dim))
        self.attn_k_norm = nn.Parameter(torch.ones(c.head_dim))

    def forward(self, h, cos, sin, mask, past):
        """past: a list that holds this layer's keys and values of earlier tokens, and takes those of these."""
        c = self.c
        n_seq, n_tok, _ = h.shape
        heads = lambda w, n: F.linear(h, w).view(n_seq, n_tok, n, -1).transpose(1, 2)
        query, *gate = heads(self.attn_q, c.n_heads).split(c.head_dim, -1)
        q = rope(rms_norm(query, self.attn_q_norm, c.rms_eps), cos, sin)
        key = rope(rms_norm(heads(self.attn_k, c.n_kv_heads), self.attn_k_norm, c.rms_eps), cos, sin)
        value = heads(self.attn_v, c.n_kv_heads)
        if past is not None:
            if past:
                key, value = torch.cat([past[0], key], 2), torch.cat([past[1], value], 2)
            past[:] = [key, value]
        group = c.n_heads // c.n_kv_heads
        a = attend(q, key.repeat_interleave(group, 1), value.repeat_interleave(group, 1), mask)
        if gate:
            a = a * torch.sigmoid(gate[0])
        return F.linear(a.transpose(1, 2).reshape(n_seq, n_tok, -1), self.attn_output)


class Layer(nn.Module):
    def __init__(self, c, index):
        super().__init__()
        self.c = c
        self.attends = (index + 1) % c.attention_every == 0
        residual = 0.5 / math.sqrt(2 * c.n_layers)  # keeps the residual stream near the embedding's size at first
        self.attn_norm = nn.Parameter(torch.ones(c.n_embd))
        self.mixer = Attention(c, residual) if self.attends else DeltaNet(c, residual)
        self.ffn_norm = nn.Parameter(torch.ones(c.n_embd))
        self.feed_forward = Experts(c, residual) if c.n_experts else Dense(c, residual)

    def forward(self, x, doc, cos, sin, mask, k, past=None):
        h = rms_norm(x, self.attn_norm, self.c.rms_eps)
        x = x + (self.mixer(h, cos, sin, mask, past) if self.attends else self.mixer(h, doc, past))
        h = rms_norm(x, self.ffn_norm, self.c.rms_eps)
        y, balance = self.feed_forward(h.view(-1, h.shape[-1]), k)
        return x + y.view_as(x), balance


class Model(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c = c
        self.token_embd = nn.Parameter(torch.randn(c.n_vocab, c.n_embd) * 0.5)
        self.layers = nn.ModuleList(Layer(c, i) for i in range(c.n_layers))
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
            x, b = layer(x, doc, self.cos[:n_tok], self.sin[:n_tok], mask, k)
            balance = balance + b / len(self.layers)
        return rms_norm(x, self.output_norm, self.c.rms_eps), balance

    def forward_next(self, tokens, past, k):
        """The same for tokens [B, T], each row one document, that follow those of past; k experts used."""
        n_past, n_tok = past.n_tokens, tokens.shape[1]
        mask = torch.full((n_tok, n_past + n_tok), -1e9).triu(n_past + 1)
        x, at, doc = F.embedding(tokens, self.token_embd), slice(n_past, n_past + n_tok), torch.zeros_like(tokens)
        for layer, of_layer in zip(self.layers, past.layers):
            x, _ = layer(x, doc, self.cos[at], self.sin[at], mask, k, of_layer)
        past.n_tokens += n_tok
        return rms_norm(x, self.output_norm, self.c.rms_eps)

    def logits(self, hidden):
        return F.linear(hidden, self.output)
