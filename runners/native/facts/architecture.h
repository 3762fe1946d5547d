// What the architectures that we know have, may have and never have, as llama.cpp's sources of
// 2026-08-22 (src/models/*.cpp, load_arch_hparams and load_arch_tensors) say.
//   const Architecture& arch = ArchitectureOf(file);
// Plain data; the numbers of a model are in its file.
#pragma once

#include <cstdint>
#include <span>

#include "runners/native/facts/hyper.h"

namespace moebench {

enum class Has : uint8_t { kNo, kMaybe, kYes };

// Which layers mix in another way than by attention, and how that is told.
enum class Mixers {
  kAttention,       // none
  kSlidingWindow,   // attention.sliding_window in all but every n-th layer
  kMla,             // all
  kDeltaNetHybrid,  // all but every full_attention_interval-th, or by attention.recurrent_layers
  kMamba2Hybrid,    // those without KV heads
};

// How pairs of a rotation are shared out among the axes that rope.dimension_sections counts.
enum class Sections : uint8_t { kNone, kInARow, kInTurn };

struct Architecture {
  const char* name;
  Mixers mixers = Mixers::kAttention;
  RopeStyle rope = RopeStyle::kNeox;
  Sections sections = Sections::kNone;
  bool predicts = false;     // nextn_predict_layers of its blocks are for speculation only
  bool rope_switch = false;  // rope.scaling.finetuned = false: no rotation at all

  Has qkv_bias = Has::kNo, out_bias = Has::kNo, qk_norm = Has::kNo, rope_factors = Has::kNo;
  bool qk_norm_joint = false, output_gate = false, sinks = false;

  Has experts = Has::kYes;
  Gating gating = Gating::kSoftmax;
  bool gating_is_read = false;  // expert_gating_func may say another one
  bool norm_topk = true;
  bool norm_is_read = false;   // expert_weights_norm may say otherwise
  bool scale_is_read = false;  // expert_weights_scale
  Has selection_bias = Has::kNo, shared = Has::kNo, fused_gate_up = Has::kNo;
  bool shared_gate = false, expert_bias = false;
  Activation activation = Activation::kSwiGlu;

  bool ffn_norm_is_post_attention_norm = false;
  bool scales = false;  // embedding, residual, logit and attention scale (Granite)
};

std::span<const Architecture> Architectures();

// Throws Error with the name and the list of those we know.
const Architecture& ArchitectureOf(const GgufFile& file);

}  // namespace moebench
