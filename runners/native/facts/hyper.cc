#include "runners/native/facts/hyper.h"

#include <fmt/format.h>

#include <algorithm>

#include "runners/native/facts/read_parts.h"

namespace moebench {
namespace {

constexpr int kMaxLayers = 4096;
constexpr int kMaxVocabulary = 1 << 24;
constexpr char kTokens[] = "tokenizer.ggml.tokens";

void ReadLayerCounts(const Keys& keys, const Architecture& arch, Hyper& hyper) {
  const int blocks = keys.Int("block_count", kMaxLayers);
  if (arch.predicts) hyper.n_prediction_layers = keys.IntOr("nextn_predict_layers", 0, blocks - 1);
  hyper.n_layers = blocks - hyper.n_prediction_layers;
}

void ReadScales(const Keys& keys, Hyper& hyper) {
  // 0 means "none" in llama.cpp; the logits are divided by theirs.
  const auto scale = [&](const char* key) {
    const double value = keys.FloatOr(key, 0, 0, 1e6);
    return value == 0 ? 1 : value;
  };
  hyper.embedding_scale = scale("embedding_scale");
  hyper.residual_scale = scale("residual_scale");
  hyper.logit_scale = 1 / scale("logit_scale");
}

void ReadVocabulary(const GgufFile& file, Hyper& hyper) {
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
}

}  // namespace

int RowsOf(const GgufFile& file, const std::string& tensor, int most) {
  const TensorInfo& info = file.Require(tensor);
  const int64_t rows = info.shape.size() < 2 ? 1 : info.shape[1];
  if (rows > most) {
    file.Fail(fmt::format("tensor '{}' has {} rows, the limit is {}", tensor, rows, most));
  }
  return static_cast<int>(rows);
}

int Hyper::CountOf(Mixer mixer) const {
  return static_cast<int>(std::count_if(
      layers.begin(), layers.end(), [&](const LayerShape& each) { return each.mixer == mixer; }));
}

int Hyper::CountOf(FeedForward feed_forward) const {
  return static_cast<int>(std::count_if(layers.begin(), layers.end(), [&](const LayerShape& each) {
    return each.feed_forward == feed_forward;
  }));
}

std::string LayerTensor(int layer, const char* name) {
  return fmt::format("blk.{}.{}", layer, name);
}

Hyper ReadHyper(const GgufFile& file) {
  const Architecture& arch = ArchitectureOf(file);
  const Keys keys(file);
  Hyper hyper;
  hyper.architecture = arch.name;
  ReadLayerCounts(keys, arch, hyper);
  hyper.d_model = keys.Int("embedding_length", kMaxWidth);
  hyper.context = keys.Int("context_length", kMaxContext);
  hyper.rms_eps = keys.Float("attention.layer_norm_rms_epsilon", 1e-30, 1);
  if (arch.scales) ReadScales(keys, hyper);
  ReadMixers(keys, arch, hyper);
  if (hyper.CountOf(Mixer::kMla) > 0) ReadMla(keys, hyper);
  if (hyper.CountOf(Mixer::kAttention) > 0) ReadAttention(keys, arch, hyper);
  if (hyper.CountOf(Mixer::kDeltaNet) > 0) ReadDeltaNet(keys, hyper);
  if (hyper.CountOf(Mixer::kMamba2) > 0) ReadMamba2(keys, hyper);
  if (hyper.n_heads > 0) ReadRope(keys, arch, hyper);
  ReadFeedForward(keys, arch, hyper);
  ReadVocabulary(file, hyper);
  CheckTensors(file, hyper);
  return hyper;
}

int64_t KvNumbersPerPosition(const Hyper& hyper) { return KvNumbersRead(hyper, 1); }

int64_t KvNumbersRead(const Hyper& hyper, int64_t positions) {
  // Latent attention has one KV head, whose value is the key's latent part again.
  const int64_t each = int64_t{hyper.n_kv_heads} * (int64_t{hyper.head_dim} + hyper.value_dim);
  int64_t numbers = 0;
  for (const LayerShape& layer : hyper.layers) {
    const int64_t seen = layer.window == 0 ? positions : std::min<int64_t>(positions, layer.window);
    if (layer.mixer == Mixer::kAttention || layer.mixer == Mixer::kMla) numbers += seen * each;
  }
  return numbers;
}

RecurrentState RecurrentStateOf(const Hyper& hyper, int layer) {
  const auto size = [](int64_t rows, int64_t cols) { return rows * cols; };
  switch (hyper.layers[static_cast<std::size_t>(layer)].mixer) {
    case Mixer::kDeltaNet: {
      const DeltaNetShape& net = hyper.delta_net;
      const int64_t channels = size(2 * int64_t{net.n_key_heads} + net.n_value_heads, net.head_dim);
      return {size(net.conv_kernel - 1, channels),
              size(net.n_value_heads, size(net.head_dim, net.head_dim))};
    }
    case Mixer::kMamba2: {
      const Mamba2Shape& mamba = hyper.mamba2;
      const int64_t channels = mamba.inner + 2 * size(mamba.n_groups, mamba.state);
      return {size(mamba.conv_kernel - 1, channels), size(mamba.inner, mamba.state)};
    }
    default:
      return {};
  }
}

}  // namespace moebench
