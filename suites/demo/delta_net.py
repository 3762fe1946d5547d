"""Gated DeltaNet layers as Qwen3-Next has them (arXiv:2412.06464): projections, a short causal convolution, the gated
delta rule by head in chunks, a gated norm, the output matrix.

A document of a packed row (`doc`) begins with an empty memory and an empty convolution. `python3 delta_net.py` checks
the chunks against the definition.
"""
import math

import torch
import torch.nn as nn
import torch.nn.functional as F

CHUNK = 64


def delta_rule_by_token(q, k, v, g, beta, state):
    """The definition, one token after another: S = e^g S; S += k (beta (v - S^T k))^T; out = S^T q.

    q and k [B, H, T, D], v [B, H, T, V], g and beta [B, H, T], state [B, H, D, V] -> out [B, H, T, V], state.
    """
    out = []
    for t in range(q.shape[2]):
        state = state * g[:, :, t, None, None].exp()
        read = (k[:, :, t, :, None] * state).sum(-2)
        write = (v[:, :, t] - read) * beta[:, :, t, None]
        state = state + k[:, :, t, :, None] * write[:, :, None, :]
        out.append((q[:, :, t, :, None] * state).sum(-2))
    return torch.stack(out, 2), state


def delta_rule(q, k, v, g, beta, state, doc):
    """The same by chunks, with doc [B, T], whose first number is that of the document that state belongs to.

    Inside a chunk the writes w solve (1 + A) w = beta v - beta e^G (S^T k), A the part below the diagonal of
    beta_i e^(G_i - G_j) k_i k_j, G the running sum of g.
    """
    n_tok = q.shape[2]
    size = min(CHUNK, n_tok)
    pad = -n_tok % size
    if pad:
        q, k, v = (F.pad(x, (0, 0, 0, pad)) for x in (q, k, v))
        g, beta = F.pad(g, (0, pad)), F.pad(beta, (0, pad))
        doc = torch.cat([doc, doc[:, -1:].expand(-1, pad)], 1)
    chunked = lambda x: x.reshape(*x.shape[:2], -1, size, *x.shape[3:])           # [B, H, chunks, size, ...]
    q, k, v, g, beta = (chunked(x) for x in (q, k, v, g, beta))
    doc = doc.view(doc.shape[0], 1, -1, size)                                     # [B, 1, chunks, size]
    before = torch.cat([doc[:, :, :1, 0], doc[:, :, :-1, -1]], -1).unsqueeze(-1)  # document at the chunk's border
    carried = (doc == before).to(q.dtype)                                         # still the document of the state
    g = g.cumsum(-1)
    below = (doc.unsqueeze(-1) == doc.unsqueeze(-2)) & torch.ones(size, size, dtype=torch.bool).tril()
    decay = (g.unsqueeze(-1) - g.unsqueeze(-2)).masked_fill(~below, -math.inf).exp()
    k_beta = k * beta.unsqueeze(-1)
    a = ((k_beta @ k.transpose(-1, -2)) * decay).tril(-1)
    from_state = (g.exp() * carried).unsqueeze(-1)
    right = torch.cat([v * beta.unsqueeze(-1), k_beta * from_state], -1)
    values, keys = torch.linalg.solve_triangular(a, right, upper=False, unitriangular=True).split(
        [v.shape[-1], k.shape[-1]], -1)
    scores = (q @ k.transpose(-1, -2)) * decay
    q = q * from_state
    kept = carried[..., -1:] * g[..., -1:].exp()                                  # of the state, to the chunk's end
    k_end = k * decay[..., -1, :].unsqueeze(-1)
    out = []
    for i in range(q.shape[2]):
        w = values[:, :, i] - keys[:, :, i] @ state
        out.append(q[:, :, i] @ state + scores[:, :, i] @ w)
        state = state * kept[:, :, i].unsqueeze(-1) + k_end[:, :, i].transpose(-1, -2) @ w
    return torch.cat(out, 2)[:, :, :n_tok], state


class DeltaNet(nn.Module):
    def __init__(self, c, residual):
        super().__init__()
        self.c = c
        d, keys, values = c.n_embd, c.n_key_heads * c.state_dim, c.n_value_heads * c.state_dim
        self.attn_qkv = nn.Parameter(torch.randn(2 * keys + values, d) * d ** -0.5)
        self.attn_gate = nn.Parameter(torch.randn(values, d) * d ** -0.5)
        self.ssm_ba = nn.Parameter(torch.randn(2 * c.n_value_heads, d) * d ** -0.5)
        conv = torch.randn(2 * keys + values, c.conv_kernel) * 0.2
        conv[:, -1] += 1  # the last tap meets the token itself
        self.ssm_conv1d = nn.Parameter(conv)
        self.ssm_a_log = nn.Parameter(torch.linspace(math.log(0.02), math.log(2.0), c.n_value_heads))
        self.ssm_dt = nn.Parameter(torch.zeros(c.n_value_heads))
        self.ssm_norm = nn.Parameter(torch.ones(c.state_dim))
        self.ssm_out = nn.Parameter(torch.randn(d, values) * values ** -0.5 * residual)

    def convolve(self, x, doc):
        """x and doc with conv_kernel - 1 earlier tokens in front: [B, K - 1 + T, channels] -> [B, T, channels]."""
        kernel = self.c.conv_kernel
        n_tok = x.shape[1] - kernel + 1
        now = doc[:, kernel - 1:]
        y = x[:, kernel - 1:] * self.ssm_conv1d[:, -1]
        for tap in range(kernel - 1):
            same = (doc[:, tap:tap + n_tok] == now).to(x.dtype).unsqueeze(-1)
            y = y + x[:, tap:tap + n_tok] * same * self.ssm_conv1d[:, tap]
        return F.silu(y)

    def forward(self, h, doc, past):
        """past: a list that holds this layer's last inputs of the convolution and its memory, and takes the new."""
        c = self.c
        n_seq, n_tok, _ = h.shape
        each = c.n_value_heads // c.n_key_heads                                   # value heads of a key head
        keys, values = c.n_key_heads * c.state_dim, c.n_value_heads * c.state_dim
        x = F.linear(h, self.attn_qkv)
        if past:
            inputs, state = past
        else:
            inputs = x.new_zeros(n_seq, c.conv_kernel - 1, x.shape[-1])
            state = x.new_zeros(n_seq, c.n_value_heads, c.state_dim, c.state_dim)
        x = torch.cat([inputs, x], 1)
        last = x[:, -(c.conv_kernel - 1):]
        conv = self.convolve(x, torch.cat([doc[:, :1].expand(-1, c.conv_kernel - 1), doc], 1))
        heads = lambda y, n: y.view(n_seq, n_tok, n, c.state_dim).transpose(1, 2)
        q, k, v = conv.split([keys, keys, values], -1)
        unit = lambda y: F.normalize(heads(y, c.n_key_heads), dim=-1, eps=c.rms_eps).repeat_interleave(each, 1)
        # by key head: beta of its value heads, then alpha
        beta, alpha = (y.reshape(n_seq, n_tok, -1).transpose(1, 2) for y in
                       F.linear(h, self.ssm_ba).view(n_seq, n_tok, c.n_key_heads, 2, each).unbind(3))
        g = -self.ssm_a_log.exp().unsqueeze(-1) * F.softplus(alpha + self.ssm_dt.unsqueeze(-1))
        out, state = delta_rule(unit(q) * c.state_dim ** -0.5, unit(k), heads(v, c.n_value_heads), g,
                                torch.sigmoid(beta), state, doc)
        if past is not None:
            past[:] = [last, state]
        out = out * torch.rsqrt(out.pow(2).mean(-1, keepdim=True) + c.rms_eps) * self.ssm_norm
        out = out.transpose(1, 2).reshape(n_seq, n_tok, -1) * F.silu(F.linear(h, self.attn_gate))
        return F.linear(out, self.ssm_out)


def check():
    """Documents of a packed row in chunks give what each gives by itself, token by token."""
    torch.manual_seed(1)
    n_seq, n_heads, dim, lengths = 2, 3, 8, (20, 64, 1, 65)
    n_tok = sum(lengths)
    q, k, v = (torch.randn(n_seq, n_heads, n_tok, dim) for _ in range(3))
    k, g, beta = F.normalize(k, dim=-1), -torch.rand(n_seq, n_heads, n_tok), torch.rand(n_seq, n_heads, n_tok)
    doc = torch.arange(len(lengths)).repeat_interleave(torch.tensor(lengths)).expand(n_seq, -1)
    empty = torch.zeros(n_seq, n_heads, dim, dim)
    out, state = delta_rule(q, k, v, g, beta, empty, doc)
    documents = zip(*(x.split(lengths, 2) for x in (q, k, v, g, beta)))
    wanted, last = zip(*(delta_rule_by_token(*parts, empty) for parts in documents))
    torch.testing.assert_close(out, torch.cat(wanted, 2), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(state, last[-1], rtol=1e-4, atol=1e-5)


if __name__ == "__main__":
    check()
