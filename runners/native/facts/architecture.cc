#include "runners/native/facts/architecture.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "runners/native/gguf/header_reader.h"

namespace moebench {
namespace {

const Architecture kArchitectures[] = {
    {.name = "qwen3moe", .qk_norm = Has::kYes},
    {.name = "qwen3vlmoe", .sections = Sections::kInTurn, .qk_norm = Has::kYes},
    {.name = "qwen2moe",
     .qkv_bias = Has::kMaybe,
     .norm_topk = false,
     .shared = Has::kYes,
     .shared_gate = true},
    {.name = "llama",
     .rope = RopeStyle::kInterleaved,
     .qkv_bias = Has::kMaybe,
     .out_bias = Has::kMaybe,
     .rope_factors = Has::kMaybe,
     .experts = Has::kMaybe},
    {.name = "olmoe", .qk_norm = Has::kYes, .qk_norm_joint = true, .norm_topk = false},
    {.name = "glm4moe",
     .sections = Sections::kInARow,
     .predicts = true,
     .qkv_bias = Has::kMaybe,
     .qk_norm = Has::kMaybe,
     .gating = Gating::kSigmoid,
     .gating_is_read = true,
     .norm_topk = false,
     .norm_is_read = true,
     .scale_is_read = true,
     .selection_bias = Has::kYes,
     .shared = Has::kMaybe,
     .ffn_norm_is_post_attention_norm = true},
    {.name = "deepseek2",
     .mixers = Mixers::kMla,
     .rope = RopeStyle::kInterleaved,
     .predicts = true,
     .gating_is_read = true,
     .norm_topk = false,
     .norm_is_read = true,
     .scale_is_read = true,
     .selection_bias = Has::kMaybe,
     .shared = Has::kMaybe,
     .fused_gate_up = Has::kMaybe},
    {.name = "gpt-oss",
     .mixers = Mixers::kSlidingWindow,
     .qkv_bias = Has::kMaybe,
     .out_bias = Has::kYes,
     .sinks = true,
     .gating = Gating::kSoftmaxOfChosen,
     .norm_topk = false,
     .expert_bias = true,
     .activation = Activation::kSwiGluClamped,
     .ffn_norm_is_post_attention_norm = true},
    {.name = "granitemoe",
     .rope = RopeStyle::kInterleaved,
     .qkv_bias = Has::kMaybe,
     .out_bias = Has::kMaybe,
     .rope_factors = Has::kMaybe,
     .experts = Has::kMaybe,
     .shared = Has::kMaybe,
     .scales = true},
    {.name = "granitehybrid",
     .mixers = Mixers::kMamba2Hybrid,
     .rope = RopeStyle::kInterleaved,
     .rope_switch = true,
     .qkv_bias = Has::kMaybe,
     .out_bias = Has::kMaybe,
     .rope_factors = Has::kMaybe,
     .experts = Has::kMaybe,
     .shared = Has::kMaybe,
     .scales = true},
    {.name = "qwen3next",
     .mixers = Mixers::kDeltaNetHybrid,
     .predicts = true,
     .qk_norm = Has::kYes,
     .output_gate = true,
     .shared = Has::kYes,
     .fused_gate_up = Has::kMaybe,
     .shared_gate = true,
     .ffn_norm_is_post_attention_norm = true},
    {.name = "qwen35moe",
     .mixers = Mixers::kDeltaNetHybrid,
     .sections = Sections::kInTurn,
     .predicts = true,
     .qk_norm = Has::kYes,
     .output_gate = true,
     .shared = Has::kYes,
     .fused_gate_up = Has::kMaybe,
     .shared_gate = true,
     .ffn_norm_is_post_attention_norm = true},
    {.name = "qwen2", .qkv_bias = Has::kMaybe, .experts = Has::kNo},
    {.name = "qwen3", .qk_norm = Has::kYes, .experts = Has::kNo},
};

}  // namespace

std::span<const Architecture> Architectures() { return kArchitectures; }

const std::vector<std::string>& KnownArchitectures() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const Architecture& known : kArchitectures) list.emplace_back(known.name);
    return list;
  }();
  return names;
}

const Architecture& ArchitectureOf(const GgufFile& file) {
  if (file.architecture().empty()) {
    file.Fail("has no metadata 'general.architecture'", "is it a language model?");
  }
  for (const Architecture& known : kArchitectures) {
    if (known.name == file.architecture()) return known;
  }
  file.Fail(fmt::format("architecture {} is not known", Quoted(file.architecture())),
            fmt::format("known: {}", fmt::join(KnownArchitectures(), ", ")));
}

}  // namespace moebench
