"""Writes demo-moe.gguf from a training checkpoint:  python3 export.py --work DIR [-o demo-moe.gguf]

Architecture qwen3moe as llama.cpp reads it. Matrices and experts in Q8_0, norms and the router in F32.
"""
import argparse
import json
import os

import torch

import bpe
import gguf
from model import Config

CHAT_TEMPLATE = ("{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + "
                 "'<|im_end|>' + '\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}"
                 "{% endif %}")
NORMAL, CONTROL = 1, 3  # token types


def metadata(c, tokenizer):
    arch = "qwen3moe"
    return {
        "general.architecture": arch,
        "general.type": "model",
        "general.name": "moebench demo MoE",
        "general.author": "the moebench authors",
        "general.description": "Toy mixture of experts trained from scratch on generated tasks; for trying moebench out.",
        "general.license": "cc0-1.0",
        "general.size_label": f"{c.n_experts}x0.1M",
        "general.languages": ["en", "ko"],
        "general.quantization_version": 2,
        "general.file_type": 7,  # mostly Q8_0
        "general.alignment": gguf.ALIGNMENT,
        f"{arch}.block_count": c.n_layers,
        f"{arch}.context_length": c.n_ctx,
        f"{arch}.embedding_length": c.n_embd,
        f"{arch}.feed_forward_length": c.n_ff * c.n_experts_used,
        f"{arch}.expert_feed_forward_length": c.n_ff,
        f"{arch}.expert_count": c.n_experts,
        f"{arch}.expert_used_count": c.n_experts_used,
        f"{arch}.attention.head_count": c.n_heads,
        f"{arch}.attention.head_count_kv": c.n_kv_heads,
        f"{arch}.attention.key_length": c.head_dim,
        f"{arch}.attention.value_length": c.head_dim,
        f"{arch}.attention.layer_norm_rms_epsilon": c.rms_eps,
        f"{arch}.rope.freq_base": c.rope_base,
        f"{arch}.vocab_size": c.n_vocab,
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


def tensors(state, c):
    """GGUF name -> (array, storage type); shapes are [out, in], experts stacked in front."""
    q8 = lambda x: (x.numpy(), gguf.Q8_0)
    f32 = lambda x: (x.numpy(), gguf.F32)
    out = {"token_embd.weight": q8(state["token_embd"])}
    for i in range(c.n_layers):
        layer = {k.split(".")[-1]: v for k, v in state.items() if k.startswith(f"layers.{i}.")}
        gate_up = layer.pop("ffn_gate_up_exps")
        layer["ffn_gate_exps"], layer["ffn_up_exps"] = gate_up[:, :c.n_ff], gate_up[:, c.n_ff:]
        for name, x in layer.items():
            store = f32 if x.dim() == 1 or name == "ffn_gate_inp" else q8
            out[f"blk.{i}.{name}.weight"] = store(x)
    out["output_norm.weight"] = f32(state["output_norm"])
    out["output.weight"] = q8(state["output"])
    return out


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--work", required=True, help="the folder that train.py wrote")
    parser.add_argument("-o", "--output", default=os.path.join(here, "demo-moe.gguf"))
    args = parser.parse_args()
    with open(os.path.join(args.work, "merges.json")) as f:
        tokenizer = bpe.Tokenizer(json.load(f))
    state = torch.load(os.path.join(args.work, "checkpoint.pt"), map_location="cpu")["model"]
    config = Config(n_vocab=len(tokenizer.tokens))
    gguf.write(args.output, metadata(config, tokenizer), tensors(state, config))
    print(f"{args.output}: {os.path.getsize(args.output)} bytes")


if __name__ == "__main__":
    main()
