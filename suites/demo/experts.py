"""Feed-forward layers of the demo models: routed experts (with a shared one where the model has it), or one dense."""
import torch
import torch.nn as nn
import torch.nn.functional as F


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
        dx, d_weights = torch.zeros_like(x), []
        d_gate_up, d_down = (torch.empty_like(p) if needed else None  # not of frozen experts
                             for p, needed in zip((gate_up, down), ctx.needs_input_grad[3:]))
        for e, (token, w, h) in enumerate(zip(ctx.tokens, ctx.weights, ctx.hidden)):
            gate, up = h[:, :n_ff], h[:, n_ff:]
            sig = torch.sigmoid(gate)
            swish = gate * sig
            act = swish * up
            dys = dy.index_select(0, token)
            d_act = dys @ down[e]                                          # before the routing weight
            d_weights.append((d_act * act).sum(-1))
            d_act *= w
            if d_down is not None:
                torch.mm(dys.t(), act.mul_(w), out=d_down[e])
            dh = torch.empty_like(h)
            torch.mul(d_act, swish, out=dh[:, n_ff:])
            torch.mul(d_act.mul_(up), swish.mul_(1 - sig).add_(sig), out=dh[:, :n_ff])
            if d_gate_up is not None:
                torch.mm(dh.t(), x.index_select(0, token), out=d_gate_up[e])
            dx.index_add_(0, token, dh @ gate_up[e])
        d_weight = torch.empty_like(order, dtype=x.dtype).index_copy_(0, order, torch.cat(d_weights))
        return dx, d_weight.view_as(weight), None, d_gate_up, d_down


def gated(x, gate_up, down):
    gate, up = F.linear(x, gate_up).chunk(2, -1)
    return F.linear(F.silu(gate) * up, down)


class Experts(nn.Module):
    """The k experts of the largest softmax probability, whose weights are made to sum to 1, and a shared one that a
    sigmoid gates."""

    def __init__(self, c, residual):
        super().__init__()
        self.c = c
        d = c.n_embd
        self.ffn_gate_inp = nn.Parameter(torch.randn(c.n_experts, d) * d ** -0.5)
        self.ffn_gate_up_exps = nn.Parameter(torch.randn(c.n_experts, 2 * c.n_ff, d) * d ** -0.5)
        self.ffn_down_exps = nn.Parameter(torch.randn(c.n_experts, d, c.n_ff) * c.n_ff ** -0.5 * residual * 2)
        if c.n_ff_shared:
            self.ffn_gate_inp_shexp = nn.Parameter(torch.zeros(d))
            self.ffn_gate_up_shexp = nn.Parameter(torch.randn(2 * c.n_ff_shared, d) * d ** -0.5)
            self.ffn_down_shexp = nn.Parameter(torch.randn(d, c.n_ff_shared) * c.n_ff_shared ** -0.5 * residual * 2)

    def forward(self, h, k):
        """h [N, D] -> [N, D], load-balance loss."""
        probs = F.linear(h, self.ffn_gate_inp).softmax(-1)             # [N, E]
        weight, ids = probs.topk(k, -1)
        weight = weight / weight.sum(-1, keepdim=True)
        y = SortedExperts.apply(h, weight, ids, self.ffn_gate_up_exps, self.ffn_down_exps)
        if self.c.n_ff_shared:
            share = torch.sigmoid(h @ self.ffn_gate_inp_shexp).unsqueeze(-1)
            y = y + share * gated(h, self.ffn_gate_up_shexp, self.ffn_down_shexp)
        load = torch.bincount(ids.reshape(-1), minlength=self.c.n_experts) / ids.numel()
        balance = self.c.n_experts * (load * probs.mean(0)).sum()      # 1 when even (Switch, arXiv:2101.03961)
        return y, balance


class Dense(nn.Module):
    def __init__(self, c, residual):
        super().__init__()
        self.ffn_gate_up = nn.Parameter(torch.randn(2 * c.n_ff, c.n_embd) * c.n_embd ** -0.5)
        self.ffn_down = nn.Parameter(torch.randn(c.n_embd, c.n_ff) * c.n_ff ** -0.5 * residual * 2)

    def forward(self, h, k):
        return gated(h, self.ffn_gate_up, self.ffn_down), h.new_zeros(())
