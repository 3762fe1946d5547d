"""Writes a demo model's GGUF from its training checkpoint:  python3 export.py --work DIR [--model draft] [-o FILE]

Architectures as llama.cpp reads them. Matrices and experts in Q8_0; norms, router, convolution and decay in F32.
"""
import argparse
import json
import os

import torch

import bpe
import gguf
from model import CONFIGS

CHAT_TEMPLATE = ("{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + "
                 "'<|im_end|>' + '\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}"
                 "{% endif %}")
NORMAL, CONTROL = 1, 3  # token types
KEPT_F32 = ("ffn_gate_inp", "ssm_conv1d")
NAMES = {"moe": "moebench demo MoE", "draft": "moebench demo draft", "hybrid": "moebench demo hybrid"}
DESCRIPTIONS = {
    "moe": "Toy mixture of experts trained from scratch on generated tasks; for trying moebench out.",
    "draft": "Toy dense model that drafts for moebench's demo MoE, trained on the same tasks and the MoE's stories.",
    "hybrid": "Toy mixture of experts with DeltaNet and attention layers, begun from moebench's demo MoE.",
}


def of_architecture(c):
    """The metadata whose keys begin with the architecture's name."""
    out = {
        "block_count": c.n_layers,
        "context_length": c.n_ctx,
        "embedding_length": c.n_embd,
        "feed_forward_length": c.n_ff * max(1, c.n_experts_used),
        "attention.head_count": c.n_heads,
        "attention.head_count_kv": c.n_kv_heads,
        "attention.key_length": c.head_dim,
        "attention.value_length": c.head_dim,
        "attention.layer_norm_rms_epsilon": c.rms_eps,
        "rope.freq_base": c.rope_base,
        "vocab_size": c.n_vocab,
    }
    if c.n_experts:
        out |= {"expert_feed_forward_length": c.n_ff, "expert_count": c.n_experts,
                "expert_used_count": c.n_experts_used}
    if c.n_ff_shared:
        out |= {"expert_shared_feed_forward_length": c.n_ff_shared}
    if c.attention_every > 1:
        out |= {"full_attention_interval": c.attention_every, "rope.dimension_count": c.head_dim,
                "ssm.conv_kernel": c.conv_kernel, "ssm.state_size": c.state_dim, "ssm.group_count": c.n_key_heads,
                "ssm.time_step_rank": c.n_value_heads, "ssm.inner_size": c.n_value_heads * c.state_dim}
    return {f"{c.architecture}.{key}": value for key, value in out.items()}


def metadata(model, c, tokenizer):
    return {
        "general.architecture": c.architecture,
        "general.type": "model",
        "general.name": NAMES[model],
        "general.author": "the moebench authors",
        "general.description": DESCRIPTIONS[model],
        "general.license": "cc0-1.0",
        "general.size_label": f"{c.n_experts}x0.1M" if c.n_experts else "0.2M",
        "general.languages": ["en", "ko"],
        "general.quantization_version": 2,
        "general.file_type": 7,  # mostly Q8_0
        "general.alignment": gguf.ALIGNMENT,
        **of_architecture(c),
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "qwen2",
        "tokenizer.ggml.tokens": tokenizer.tokens,
        "tokenizer.ggml.token_type": [CONTROL if t in bpe.SPECIAL else NORMAL for t in tokenizer.tokens],
        "tokenizer.ggml.merges": [f"{a} {b}" for a, b in tokenizer.merges],
        # No text begins with a BOS token, but without an id llama.cpp would take its default, 11.
        "tokenizer.ggml.bos_token_id": tokenizer.pad,
        "tokenizer.ggml.eos_token_id": tokenizer.eos,
        "tokenizer.ggml.padding_token_id": tokenizer.pad,
        "tokenizer.ggml.add_bos_token": False,
        "tokenizer.chat_template": CHAT_TEMPLATE,
    }


def gguf_names(name, c):
    """The tensors that a parameter becomes: two for a gate and an up matrix that are stored as one."""
    path = name.split(".")
    at, last = f"blk.{path[1]}." if path[0] == "layers" else "", path[-1]
    if last == "ssm_a_log":
        return [at + "ssm_a"]
    if last == "ssm_dt":
        return [at + "ssm_dt.bias"]
    if last == "ffn_norm" and c.architecture == "qwen3next":
        last = "post_attention_norm"
    lasts = [last.replace("gate_up", part) for part in ("gate", "up")] if "gate_up" in last else [last]
    return [f"{at}{each}.weight" for each in lasts]


def tensors(state, c):
    """GGUF name -> (array, storage type); shapes are [out, in], experts stacked in front."""
    out = {}
    for name, x in state.items():
        last, names = name.split(".")[-1], gguf_names(name, c)
        x = -x.exp() if last == "ssm_a_log" else x
        kind = gguf.F32 if x.dim() == 1 or last in KEPT_F32 else gguf.Q8_0
        for gguf_name, part in zip(names, x.chunk(len(names), -2) if names[1:] else [x]):
            out[gguf_name] = (part.numpy(), kind)
    return out


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--work", required=True, help="the folder that train.py wrote")
    parser.add_argument("--model", choices=CONFIGS, default="moe")
    parser.add_argument("-o", "--output", help="[demo-MODEL.gguf]")
    args = parser.parse_args()
    with open(os.path.join(args.work, "merges.json")) as f:
        tokenizer = bpe.Tokenizer(json.load(f))
    state = torch.load(os.path.join(args.work, "checkpoint.pt"), map_location="cpu")["model"]
    config = CONFIGS[args.model]
    assert len(tokenizer.tokens) == config.n_vocab
    output = args.output or os.path.join(here, f"demo-{args.model}.gguf")
    gguf.write(output, metadata(args.model, config, tokenizer), tensors(state, config))
    print(f"{output}: {os.path.getsize(output)} bytes")


if __name__ == "__main__":
    main()
