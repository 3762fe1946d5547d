#include "runners/native/facts/hyper.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <string_view>

#include "runners/native/gguf/header_reader.h"

namespace moebench {
namespace {

struct Architecture {
  std::string name;
  RopeStyle rope_style;
  bool qk_norm;
};

const Architecture kArchitectures[] = {
    {"qwen3moe", RopeStyle::kNeox, true},
    {"llama", RopeStyle::kInterleaved, false},
};

constexpr int kMaxWidth = 1 << 20;
constexpr int kMaxLayers = 4096;
constexpr int kMaxHeads = 4096;
constexpr int kMaxExperts = 65536;
constexpr int kMaxContext = 1 << 27;
constexpr int kMaxVocabulary = 1 << 24;
constexpr char kTokens[] = "tokenizer.ggml.tokens";

const Architecture& ArchitectureOf(const GgufFile& file) {
  if (file.GetInt("split.count", 1) > 1) {
    file.Fail(fmt::format("is one of {} parts of a split model", file.GetInt("split.count")),
              "join them: llama-gguf-split --merge FIRST-PART WHOLE");
  }
  if (file.architecture().empty()) {
    file.Fail("has no metadata 'general.architecture'", "is it a language model?");
  }
  for (const Architecture& known : kArchitectures) {
    if (known.name == file.architecture()) return known;
  }
  file.Fail(fmt::format("architecture {} is not known", Quoted(file.architecture())),
            fmt::format("known: {}", fmt::join(KnownArchitectures(), ", ")));
}

// Metadata of one architecture: keys without its prefix.
class Keys {
 public:
  Keys(const GgufFile& file, std::string prefix) : file_(file), prefix_(std::move(prefix)) {}

  std::string Name(std::string_view key) const { return fmt::format("{}.{}", prefix_, key); }
  bool Has(std::string_view key) const { return file_.Has(Name(key)); }

  int Checked(std::string_view key, int64_t value, int most) const {
    if (value < 1 || value > most) {
      file_.Fail(fmt::format("metadata '{}' is {}, not 1 to {}", Name(key), value, most));
    }
    return static_cast<int>(value);
  }
  int Int(std::string_view key, int most) const {
    return Checked(key, file_.GetInt(Name(key)), most);
  }
  // A scalar, or an array that says the same for every layer.
  int SameInAllLayers(std::string_view key, int n_layers, int most) const {
    const std::vector<int64_t> values = file_.GetInts(Name(key));
    const GgufValue* value = file_.FindValue(Name(key));
    if (value->is_array && values.size() != static_cast<size_t>(n_layers)) {
      file_.Fail(fmt::format("metadata '{}' has {} elements for {} layers", Name(key),
                             values.size(), n_layers));
    }
    const auto other = std::find_if(values.begin(), values.end(),
                                    [&](int64_t each) { return each != values.front(); });
    if (other != values.end()) {
      file_.Fail(
          fmt::format("metadata '{}' is {} in layer 0 but {} in layer {}: layers that differ "
                      "are not supported",
                      Name(key), values.front(), *other, other - values.begin()));
    }
    return Checked(key, values.front(), most);
  }
  double InRange(std::string_view key, double value, double least, double most) const {
    if (!(value >= least && value <= most)) {
      file_.Fail(fmt::format("metadata '{}' is {}, not {} to {}", Name(key), value, least, most));
    }
    return value;
  }
  double Float(std::string_view key, double least, double most) const {
    return InRange(key, file_.GetFloat(Name(key)), least, most);
  }
  double Float(std::string_view key, double least, double most, double absent) const {
    return InRange(key, file_.GetFloat(Name(key), absent), least, most);
  }

 private:
  const GgufFile& file_;
  std::string prefix_;
};

void ReadAttention(const GgufFile& file, const Keys& keys, Hyper& hyper) {
  hyper.n_heads = keys.SameInAllLayers("attention.head_count", hyper.n_layers, kMaxHeads);
  hyper.n_kv_heads =
      keys.Has("attention.head_count_kv")
          ? keys.SameInAllLayers("attention.head_count_kv", hyper.n_layers, kMaxHeads)
          : hyper.n_heads;
  if (hyper.n_heads % hyper.n_kv_heads != 0) {
    file.Fail(fmt::format("{} query heads can't share {} key heads evenly", hyper.n_heads,
                          hyper.n_kv_heads));
  }
  if (keys.Has("attention.key_length")) {
    hyper.head_dim = keys.Int("attention.key_length", kMaxWidth);
  } else if (hyper.d_model % hyper.n_heads == 0) {
    hyper.head_dim = hyper.d_model / hyper.n_heads;
  } else {
    file.Fail(fmt::format("{} heads don't divide the width {} and metadata '{}' is absent",
                          hyper.n_heads, hyper.d_model, keys.Name("attention.key_length")));
  }
  if (hyper.head_dim % 2 != 0) {
    file.Fail(fmt::format("heads of odd width {} can't be rotated in pairs", hyper.head_dim));
  }
  // Both absent or both equal: values as wide as keys, all of a head rotated.
  for (const char* key : {"attention.value_length", "rope.dimension_count"}) {
    if (keys.Has(key) && keys.Int(key, kMaxWidth) != hyper.head_dim) {
      file.Fail(fmt::format("metadata '{}' is {}, only the key length {} is supported",
                            keys.Name(key), keys.Int(key, kMaxWidth), hyper.head_dim));
    }
  }
  hyper.rope_base = keys.Float("rope.freq_base", 1, 1e15, 10000);
  const std::string scaling = file.GetString(keys.Name("rope.scaling.type"), "none");
  if (scaling != "none") {
    file.Fail(fmt::format("rope scaling {} is not supported, only none", Quoted(scaling)));
  }
}

// What the routing is, beside top-k of a softmax with weights divided by their sum, is refused: a
// model computed in another way than it was trained gives figures that look right.
void RefuseOtherRouting(const GgufFile& file, const Keys& keys) {
  constexpr int kSoftmax = 1;  // llama.cpp's number
  if (file.GetInt(keys.Name("expert_gating_func"), kSoftmax) != kSoftmax) {
    file.Fail(fmt::format("metadata '{}' is {}, only 1 (softmax) is supported",
                          keys.Name("expert_gating_func"),
                          file.GetInt(keys.Name("expert_gating_func"))));
  }
  if (!file.GetBool(keys.Name("expert_weights_norm"), true)) {
    file.Fail(fmt::format("metadata '{}' is false, only true is supported",
                          keys.Name("expert_weights_norm")));
  }
  const double scale = file.GetFloat(keys.Name("expert_weights_scale"), 1);
  if (scale != 1 && scale != 0) {  // llama.cpp writes 0 for "none"
    file.Fail(fmt::format("metadata '{}' is {}, only 1 is supported",
                          keys.Name("expert_weights_scale"), scale));
  }
}

// N from the router, the width from the expert tensors: what the metadata say of the width may be
// absent or for a dense layer, and width is never d_ff / k.
void ReadExperts(const GgufFile& file, const Keys& keys, Hyper& hyper) {
  if (!keys.Has("expert_count") || file.GetInt(keys.Name("expert_count")) == 0) {
    file.Fail(
        fmt::format("is a dense model: metadata '{}' is absent or 0", keys.Name("expert_count")),
        "moebench runs mixture-of-experts models");
  }
  hyper.n_experts = keys.Int("expert_count", kMaxExperts);
  const TensorInfo& router = file.Require(LayerTensor(0, "ffn_gate_inp.weight"));
  const int64_t routed = router.shape.size() < 2 ? 1 : router.shape[1];
  if (routed != hyper.n_experts) {
    file.Fail(fmt::format("metadata '{}' is {} but the router of layer 0 chooses from {} experts",
                          keys.Name("expert_count"), hyper.n_experts, routed));
  }
  hyper.k0 = keys.SameInAllLayers("expert_used_count", hyper.n_layers, kMaxExperts);
  if (hyper.k0 > hyper.n_experts) {
    file.Fail(fmt::format("metadata '{}' is {}, more than the {} experts there are",
                          keys.Name("expert_used_count"), hyper.k0, hyper.n_experts));
  }
  const TensorInfo& up = file.Require(LayerTensor(0, "ffn_up_exps.weight"));
  const int64_t width = up.shape.size() < 2 ? 1 : up.shape[1];
  if (width > kMaxWidth) {
    file.Fail(fmt::format("experts of width {}, the limit is {}", width, kMaxWidth));
  }
  hyper.expert_width = static_cast<int>(width);
  RefuseOtherRouting(file, keys);
}

// Every tensor in its shape, and none that the computation would leave out.
void CheckTensors(const GgufFile& file, const Hyper& hyper) {
  std::set<std::string, std::less<>> expected;
  const auto require = [&](const std::string& name, std::initializer_list<int64_t> shape) {
    file.Require(name, shape);
    expected.insert(name);
  };
  const int64_t d = hyper.d_model, experts = hyper.n_experts, width = hyper.expert_width;
  const int64_t q = int64_t{hyper.n_heads} * hyper.head_dim;
  const int64_t kv = int64_t{hyper.n_kv_heads} * hyper.head_dim;
  require("token_embd.weight", {d, hyper.vocabulary});
  require("output_norm.weight", {d});
  if (!hyper.tied_output) require("output.weight", {d, hyper.vocabulary});
  for (int layer = 0; layer < hyper.n_layers; ++layer) {
    const auto of_layer = [&](const char* name, std::initializer_list<int64_t> shape) {
      require(LayerTensor(layer, name), shape);
    };
    of_layer("attn_norm.weight", {d});
    of_layer("attn_q.weight", {d, q});
    of_layer("attn_k.weight", {d, kv});
    of_layer("attn_v.weight", {d, kv});
    of_layer("attn_output.weight", {q, d});
    if (hyper.qk_norm) {
      of_layer("attn_q_norm.weight", {hyper.head_dim});
      of_layer("attn_k_norm.weight", {hyper.head_dim});
    }
    of_layer("ffn_norm.weight", {d});
    of_layer("ffn_gate_inp.weight", {d, experts});
    of_layer("ffn_gate_exps.weight", {d, width, experts});
    of_layer("ffn_up_exps.weight", {d, width, experts});
    of_layer("ffn_down_exps.weight", {width, d, experts});
  }
  for (const TensorInfo& tensor : file.tensors()) {
    if (!expected.contains(tensor.name)) {
      file.Fail(fmt::format("tensor {} is none that a {} of {} layers has", Quoted(tensor.name),
                            hyper.architecture, hyper.n_layers),
                "the model is of a variant that is not supported");
    }
  }
}

}  // namespace

const std::vector<std::string>& KnownArchitectures() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const Architecture& known : kArchitectures) list.push_back(known.name);
    return list;
  }();
  return names;
}

std::string LayerTensor(int layer, const char* name) {
  return fmt::format("blk.{}.{}", layer, name);
}

Hyper ReadHyper(const GgufFile& file) {
  const Architecture& architecture = ArchitectureOf(file);
  const Keys keys(file, architecture.name);
  Hyper hyper;
  hyper.architecture = architecture.name;
  hyper.rope_style = architecture.rope_style;
  hyper.qk_norm = architecture.qk_norm;
  hyper.n_layers = keys.Int("block_count", kMaxLayers);
  hyper.d_model = keys.Int("embedding_length", kMaxWidth);
  hyper.context = keys.Int("context_length", kMaxContext);
  hyper.rms_eps = keys.Float("attention.layer_norm_rms_epsilon", 1e-30, 1);
  ReadAttention(file, keys, hyper);
  ReadExperts(file, keys, hyper);
  const TensorInfo& embedding = file.Require("token_embd.weight");
  const int64_t rows = embedding.shape.size() < 2 ? 1 : embedding.shape[1];
  if (rows > kMaxVocabulary) {
    file.Fail(fmt::format("vocabulary of {} tokens, the limit is {}", rows, kMaxVocabulary));
  }
  hyper.vocabulary = static_cast<int>(rows);
  if (file.Has(kTokens) && file.GetStrings(kTokens).size() != static_cast<size_t>(rows)) {
    file.Fail(fmt::format("metadata '{}' has {} elements but token_embd.weight {} rows", kTokens,
                          file.GetStrings(kTokens).size(), rows));
  }
  hyper.tied_output = file.Find("output.weight") == nullptr;
  CheckTensors(file, hyper);
  return hyper;
}

}  // namespace moebench
