#include "runners/native/synth/type_mix.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>

#include "harness/base/error.h"
#include "harness/base/suggest.h"

namespace moebench {
namespace {

// llama.cpp's numbers of file types (include/llama.h).
constexpr TypeMix kMixes[] = {
    {"F32", TensorType::kF32, 0},          {"F16", TensorType::kF16, 1},
    {"BF16", TensorType::kBF16, 32},       {"Q8_0", TensorType::kQ8_0, 7},
    {"Q4_0", TensorType::kQ4_0, 2},        {"Q4_1", TensorType::kQ4_1, 3},
    {"Q5_0", TensorType::kQ5_0, 8},        {"Q5_1", TensorType::kQ5_1, 9},
    {"Q2_K", TensorType::kQ2_K, 10},       {"Q2_K_S", TensorType::kQ2_K, 21},
    {"Q3_K_S", TensorType::kQ3_K, 11},     {"Q3_K_M", TensorType::kQ3_K, 12},
    {"Q3_K_L", TensorType::kQ3_K, 13},     {"Q4_K_S", TensorType::kQ4_K, 14},
    {"Q4_K_M", TensorType::kQ4_K, 15},     {"Q5_K_S", TensorType::kQ5_K, 16},
    {"Q5_K_M", TensorType::kQ5_K, 17},     {"Q6_K", TensorType::kQ6_K, 18},
    {"IQ4_NL", TensorType::kIQ4_NL, 25},   {"IQ4_XS", TensorType::kIQ4_XS, 30},
    {"MXFP4_MOE", TensorType::kMXFP4, 38},
};

struct Alias {
  std::string_view name, means;
};
constexpr Alias kAliases[] = {
    {"MXFP4", "MXFP4_MOE"}, {"Q3_K", "Q3_K_M"}, {"Q4_K", "Q4_K_M"}, {"Q5_K", "Q5_K_M"}};

enum class Category { kEmbedding, kQ, kV, kK, kQkv, kAttentionOut, kDown, kOutput, kOther };

Category CategoryOf(std::string_view name) {
  const auto has = [&](std::string_view part) { return name.find(part) != name.npos; };
  if (name == "output.weight") return Category::kOutput;
  if (name == "token_embd.weight") return Category::kEmbedding;
  if (has("attn_qkv.weight")) return Category::kQkv;
  if (has("attn_v.weight")) return Category::kV;
  if (has("attn_k.weight")) return Category::kK;
  if (has("attn_q.weight")) return Category::kQ;
  if (has("attn_output.weight")) return Category::kAttentionOut;
  if (has("ffn_down")) return Category::kDown;
  return Category::kOther;
}

bool LikeV(Category category) { return category == Category::kV || category == Category::kQkv; }

// What is small or delicate stays F32: all with one dimension, norms, routers, convolutions.
bool IsQuantised(const SynthTensor& tensor) {
  return tensor.shape.size() >= 2 && tensor.name.ends_with("weight") &&
         tensor.role != TensorRole::kRouter && tensor.role != TensorRole::kConvolution;
}

bool IsFloat(TensorType type) { return TraitsOf(type).block_elements == 1; }

// The eighths at both ends and every third layer between get more bits in the _M mixes.
bool MoreBits(int i, int n) { return i < n / 8 || i >= 7 * n / 8 || (i - n / 8) % 3 == 2; }

// A type whose block divides the rows.
TensorType Fitting(TensorType type, int64_t inputs) {
  if (inputs % TraitsOf(type).block_elements == 0) return type;
  TensorType narrower = TensorType::kF16;
  switch (type) {
    case TensorType::kIQ4_XS:
      narrower = TensorType::kIQ4_NL;
      break;
    case TensorType::kQ2_K:
    case TensorType::kQ3_K:
      narrower = TensorType::kQ4_0;
      break;
    case TensorType::kQ4_K:
      narrower = TensorType::kQ5_0;
      break;
    case TensorType::kQ5_K:
      narrower = TensorType::kQ5_1;
      break;
    case TensorType::kQ6_K:
      narrower = TensorType::kQ8_0;
      break;
    default:
      break;
  }
  return inputs % TraitsOf(narrower).block_elements == 0 ? narrower : TensorType::kF16;
}

// The rules of one file; counts the attn_v tensors as they come.
class Rules {
 public:
  Rules(const TypeMix& mix, const SynthShape& shape, int n_layers,
        std::span<const SynthTensor> tensors)
      : mix_(mix), shape_(shape), n_layers_(n_layers) {
    const int kv_heads = shape.attention == AttentionKind::kLatent ? 1 : shape.kv_heads;
    heads_per_kv_ = shape.heads / kv_heads;
    n_v_ = static_cast<int>(std::count_if(tensors.begin(), tensors.end(), [](const auto& tensor) {
      return LikeV(CategoryOf(tensor.name));
    }));
  }

  TensorType TypeOf(const SynthTensor& tensor) {
    const Category category = CategoryOf(tensor.name);
    if (mix_.base == TensorType::kMXFP4) {
      const bool experts = category != Category::kOutput && tensor.shape.size() > 2;
      return experts ? TensorType::kMXFP4 : TensorType::kQ8_0;
    }
    switch (category) {
      case Category::kOutput: {
        const bool fits = tensor.shape[0] % TraitsOf(mix_.base).block_elements == 0;
        return fits && mix_.base != TensorType::kQ8_0 ? TensorType::kQ6_K : TensorType::kQ8_0;
      }
      case Category::kV:
      case Category::kQkv:
        return OfV();
      case Category::kK:
        return shape_.experts == 8 ? TensorType::kQ8_0 : mix_.base;
      case Category::kDown:
        return OfDown(std::atoi(tensor.name.c_str() + sizeof("blk.") - 1));
      case Category::kAttentionOut:
        return OfAttentionOut();
      default:
        return mix_.base;
    }
  }

 private:
  bool Is(std::string_view name) const { return mix_.name == name; }

  TensorType OfV() {
    const int i = n_v_seen_++;
    if (shape_.experts == 8) return TensorType::kQ8_0;
    const bool grouped = heads_per_kv_ >= 4;
    if (Is("Q2_K")) return grouped ? TensorType::kQ4_K : TensorType::kQ3_K;
    if (Is("Q2_K_S") && grouped) return TensorType::kQ4_K;
    if (Is("Q3_K_M")) return i < 2 ? TensorType::kQ5_K : TensorType::kQ4_K;
    if (Is("Q3_K_L")) return TensorType::kQ5_K;
    if ((Is("IQ4_NL") || Is("IQ4_XS")) && grouped) return TensorType::kQ5_K;
    if ((Is("Q4_K_M") || Is("Q5_K_M")) && MoreBits(i, n_v_)) return TensorType::kQ6_K;
    if (Is("Q4_K_S") && i < 4) return TensorType::kQ5_K;
    return mix_.base;
  }

  TensorType OfDown(int layer) const {
    if (Is("Q2_K")) return TensorType::kQ3_K;
    if (Is("Q2_K_S") && layer < n_layers_ / 8) return TensorType::kQ4_K;
    if (Is("Q3_K_M")) return layer < n_layers_ / 16 ? TensorType::kQ5_K : TensorType::kQ4_K;
    if (Is("Q3_K_L")) return TensorType::kQ5_K;
    if ((Is("Q4_K_M") || Is("Q5_K_M")) && MoreBits(layer, n_layers_)) return TensorType::kQ6_K;
    const bool first_eighth = layer < n_layers_ / 8;
    if ((Is("IQ4_NL") || Is("IQ4_XS") || Is("Q4_K_S")) && first_eighth) return TensorType::kQ5_K;
    return mix_.base;
  }

  TensorType OfAttentionOut() const {
    if (shape_.experts == 8) {
      for (const char* name :
           {"Q2_K", "Q3_K_S", "Q3_K_M", "IQ4_NL", "Q4_K_S", "Q4_K_M", "IQ4_XS"}) {
        if (Is(name)) return TensorType::kQ5_K;
      }
      return mix_.base;
    }
    if (Is("Q2_K")) return TensorType::kQ3_K;
    if (Is("Q3_K_M")) return TensorType::kQ4_K;
    if (Is("Q3_K_L")) return TensorType::kQ5_K;
    return mix_.base;
  }

  const TypeMix& mix_;
  const SynthShape& shape_;
  int n_layers_, heads_per_kv_ = 1, n_v_ = 0, n_v_seen_ = 0;
};

}  // namespace

std::span<const TypeMix> AllTypeMixes() { return kMixes; }

const TypeMix& FindTypeMix(std::string_view name) {
  std::string wanted(name);
  for (char& c : wanted) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  for (const Alias& alias : kAliases) {
    if (alias.name == wanted) wanted = alias.means;
  }
  std::vector<std::string> known;
  for (const TypeMix& mix : kMixes) {
    if (mix.name == wanted) return mix;
    known.emplace_back(mix.name);
  }
  throw Error{"'" + std::string(name) + "' is no type that is known", "--type",
              SuggestName(wanted, known), ExitCode::kUsage};
}

std::vector<TensorType> AssignTypes(const TypeMix& mix, const SynthShape& shape, int n_layers,
                                    std::span<const SynthTensor> tensors) {
  Rules rules(mix, shape, n_layers, tensors);
  std::vector<TensorType> types;
  for (const SynthTensor& tensor : tensors) {
    if (!IsQuantised(tensor)) {
      types.push_back(TensorType::kF32);
    } else if (IsFloat(mix.base)) {
      types.push_back(mix.base);
    } else {
      types.push_back(Fitting(rules.TypeOf(tensor), tensor.shape[0]));
    }
  }
  return types;
}

}  // namespace moebench
