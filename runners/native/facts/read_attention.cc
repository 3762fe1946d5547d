#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "runners/native/facts/read_parts.h"
#include "runners/native/gguf/header_reader.h"

namespace moebench {
namespace {

// The number of heads in the layers that have attention; refused if they differ.
int HeadsOf(const Keys& keys, const char* key, const Hyper& hyper) {
  const int n = hyper.n_layers + hyper.n_prediction_layers;
  if (hyper.CountOf(Mixer::kAttention) == hyper.n_layers) {
    return keys.SameInAllLayers(key, n, kMaxHeads);
  }
  int heads = 0;
  const std::vector<int> values = keys.PerLayer(key, n, 0, kMaxHeads);
  for (int i = 0; i < hyper.n_layers; ++i) {
    const std::size_t at = static_cast<std::size_t>(i);
    if (hyper.layers[at].mixer != Mixer::kAttention) continue;
    if (values[at] == 0 || (heads != 0 && values[at] != heads)) {
      keys.file().Fail(
          fmt::format("metadata '{}' is {} in layer {}, not {} as in the other attention layers",
                      keys.Name(key), values[at], i, heads));
    }
    heads = values[at];
  }
  return heads;
}

int WidthOr(const Keys& keys, const char* key, const Hyper& hyper) {
  if (keys.Has(key)) return keys.Int(key, kMaxWidth);
  if (hyper.d_model % hyper.n_heads == 0) return hyper.d_model / hyper.n_heads;
  keys.file().Fail(fmt::format("{} heads don't divide the width {} and metadata '{}' is absent",
                               hyper.n_heads, hyper.d_model, keys.Name(key)));
}

void ReadYarn(const Keys& keys, Hyper& hyper) {
  RopeShape& rope = hyper.rope;
  rope.beta_fast = keys.FloatOr("rope.scaling.yarn_beta_fast", 32, 1e-3, 1e6);
  rope.beta_slow = keys.FloatOr("rope.scaling.yarn_beta_slow", 1, 1e-3, 1e6);
  if (rope.factor < 1) {
    keys.file().Fail(fmt::format("rope scaling 'yarn' by {}, less than 1", rope.factor));
  }
  const double stretch = std::log(rope.factor);
  rope.magnitude *= 1 + 0.1 * stretch;
  if (hyper.architecture != "deepseek2") return;
  // DeepSeek scales the scores instead (its mscale_all_dim); the converters write a tenth of it.
  const double multiplier = keys.FloatOr("rope.scaling.yarn_log_multiplier", 0, 0, 1e3) * 10;
  if (multiplier != 0) rope.magnitude = rope.magnitude / (1 + 0.1 * stretch);
  const double scale = rope.magnitude * (1 + 0.1 * multiplier * stretch);
  hyper.attention_scale *= scale * scale;
}

// As llama.cpp: without two sections there are none.
void ReadSections(const Keys& keys, const Architecture& arch, RopeShape& rope) {
  constexpr char kKey[] = "rope.dimension_sections";
  if (arch.sections == Sections::kNone || !keys.Has(kKey)) return;
  const std::vector<int64_t> sections = keys.file().GetInts(keys.Name(kKey));
  const bool sound = sections.size() == rope.sections.size() &&
                     std::all_of(sections.begin(), sections.end(),
                                 [](int64_t pairs) { return pairs >= 0 && pairs <= kMaxWidth; });
  if (!sound) {
    keys.file().Fail(fmt::format("metadata '{}' is no list of 4 numbers of pairs up to {}",
                                 keys.Name(kKey), kMaxWidth));
  }
  if (sections[0] == 0 || sections[1] == 0) return;
  std::transform(sections.begin(), sections.end(), rope.sections.begin(),
                 [](int64_t pairs) { return static_cast<int>(pairs); });
  rope.sections_take_turns = arch.sections == Sections::kInTurn;
}

}  // namespace

void ReadAttention(const Keys& keys, const Architecture& arch, Hyper& hyper) {
  const GgufFile& file = keys.file();
  hyper.n_heads = HeadsOf(keys, "attention.head_count", hyper);
  hyper.n_kv_heads = keys.Has("attention.head_count_kv")
                         ? HeadsOf(keys, "attention.head_count_kv", hyper)
                         : hyper.n_heads;
  if (hyper.n_heads % hyper.n_kv_heads != 0) {
    file.Fail(fmt::format("{} query heads can't share {} key heads evenly", hyper.n_heads,
                          hyper.n_kv_heads));
  }
  hyper.head_dim = WidthOr(keys, "attention.key_length", hyper);
  hyper.value_dim = WidthOr(keys, "attention.value_length", hyper);
  if (hyper.value_dim != hyper.head_dim) {
    file.Fail(fmt::format("metadata '{}' is {}, only the key length {} is supported",
                          keys.Name("attention.value_length"), hyper.value_dim, hyper.head_dim));
  }
  hyper.qk_norm_joint = arch.qk_norm_joint;
  hyper.output_gate = arch.output_gate;
  hyper.sinks = arch.sinks;
  const double scale = arch.scales ? keys.FloatOr("attention.scale", 0, 0, 1e6) : 0;
  hyper.attention_scale = scale != 0 ? scale : 1 / std::sqrt(static_cast<double>(hyper.head_dim));
  const auto has = [&](int i, const char* name) { return file.Find(LayerTensor(i, name)); };
  for (int i = 0; i < hyper.n_layers; ++i) {
    LayerShape& layer = hyper.layers[static_cast<std::size_t>(i)];
    if (layer.mixer != Mixer::kAttention) continue;
    layer.qkv_bias = arch.qkv_bias != Has::kNo && has(i, "attn_q.bias") != nullptr;
    layer.out_bias = arch.out_bias == Has::kYes ||
                     (arch.out_bias == Has::kMaybe && has(i, "attn_output.bias") != nullptr);
    layer.qk_norm = arch.qk_norm == Has::kYes ||
                    (arch.qk_norm == Has::kMaybe && has(i, "attn_q_norm.weight") != nullptr);
    hyper.qk_norm = hyper.qk_norm || layer.qk_norm;
  }
}

void ReadRope(const Keys& keys, const Architecture& arch, Hyper& hyper) {
  const GgufFile& file = keys.file();
  RopeShape& rope = hyper.rope;
  rope.style = arch.rope;
  rope.base = keys.FloatOr("rope.freq_base", 10000, 1, 1e15);
  if (arch.rope_switch && !file.GetBool(keys.Name("rope.scaling.finetuned"), true)) return;
  rope.dims = keys.Has("rope.dimension_count") ? keys.Int("rope.dimension_count", kMaxWidth)
                                               : hyper.head_dim;
  if (rope.dims % 2 != 0) {
    file.Fail(
        fmt::format("{} elements of a head, an odd number, can't be rotated in pairs", rope.dims));
  }
  if (rope.dims > hyper.head_dim) {
    file.Fail(fmt::format("metadata '{}' is {}, more than the {} elements of a head",
                          keys.Name("rope.dimension_count"), rope.dims, hyper.head_dim));
  }
  ReadSections(keys, arch, rope);
  rope.original_context = keys.Has("rope.scaling.original_context_length")
                              ? keys.Int("rope.scaling.original_context_length", kMaxContext)
                              : hyper.context;
  rope.has_factors = arch.rope_factors != Has::kNo && file.Find("rope_freqs.weight") != nullptr;
  // As llama.cpp: linear is what a factor without a type means; the factor may have its old name.
  const std::string type = file.GetString(keys.Name("rope.scaling.type"), "linear");
  const char* factor_key = "rope.scaling.factor";
  if (!keys.Has(factor_key)) factor_key = "rope.scale_linear";
  rope.factor = keys.FloatOr(factor_key, 0, 0, 1e6);
  if (rope.factor == 0 || type == "none") rope.factor = 1;
  rope.magnitude = keys.FloatOr("rope.scaling.attn_factor", 1, 1e-6, 1e6);
  if (type == "yarn") {
    rope.scaling = RopeScaling::kYarn;
    if (rope.base <= 1) {
      file.Fail(fmt::format("rope scaling 'yarn' needs '{}' above 1", keys.Name("rope.freq_base")));
    }
    ReadYarn(keys, hyper);
  } else if (type == "linear") {
    rope.scaling = rope.factor == 1 ? RopeScaling::kNone : RopeScaling::kLinear;
    if (rope.factor != 1 && arch.mixers == Mixers::kMla) {
      file.Fail("linear rope scaling of latent attention is not supported, only yarn");
    }
  } else if (type != "none") {
    file.Fail(
        fmt::format("rope scaling {} is not supported, only linear, yarn and none", Quoted(type)));
  }
}

}  // namespace moebench
