#include <fmt/format.h>

#include <cmath>

#include "runners/native/facts/read_parts.h"

namespace moebench {
namespace {

constexpr int kMaxState = 1 << 16;

LayerShape& LayerOf(Hyper& hyper, int layer) {
  return hyper.layers[static_cast<std::size_t>(layer)];
}

// llama.cpp's rule: layer i has a window unless it is the last of its n_pattern.
void ReadWindows(const Keys& keys, Hyper& hyper) {
  constexpr char kPattern[] = "attention.sliding_window_pattern";
  const int window = keys.Int("attention.sliding_window", kMaxContext);
  const bool is_array = keys.Has(kPattern) && keys.file().FindValue(keys.Name(kPattern))->is_array;
  const int every = is_array ? 0 : keys.IntOr(kPattern, 2, kMaxContext);
  const std::vector<int> flags =
      is_array ? keys.PerLayer(kPattern, hyper.n_layers, 0, 1) : std::vector<int>();
  for (int i = 0; i < hyper.n_layers; ++i) {
    const bool slides =
        is_array ? flags[static_cast<std::size_t>(i)] == 1 : every == 0 || i % every < every - 1;
    if (slides) LayerOf(hyper, i).window = window;
  }
}

void MarkDeltaNetLayers(const Keys& keys, Hyper& hyper) {
  constexpr char kFlags[] = "attention.recurrent_layers";
  std::vector<int> recurrent;
  if (keys.Has(kFlags)) {
    recurrent = keys.PerLayer(kFlags, hyper.n_layers + hyper.n_prediction_layers, 0, 1);
  }
  const int interval = keys.IntOr("full_attention_interval", 4, kMaxContext);
  if (interval == 0) {
    keys.file().Fail(
        fmt::format("metadata '{}' is 0, not 1 or more", keys.Name("full_attention_interval")));
  }
  for (int i = 0; i < hyper.n_layers; ++i) {
    const bool is_recurrent =
        recurrent.empty() ? (i + 1) % interval != 0 : recurrent[static_cast<std::size_t>(i)] == 1;
    if (is_recurrent) LayerOf(hyper, i).mixer = Mixer::kDeltaNet;
  }
}

}  // namespace

void ReadMixers(const Keys& keys, const Architecture& arch, Hyper& hyper) {
  hyper.layers.resize(static_cast<std::size_t>(hyper.n_layers));
  switch (arch.mixers) {
    case Mixers::kAttention:
      return;
    case Mixers::kSlidingWindow:
      return ReadWindows(keys, hyper);
    case Mixers::kMla:
      for (LayerShape& layer : hyper.layers) layer.mixer = Mixer::kMla;
      return;
    case Mixers::kDeltaNetHybrid:
      return MarkDeltaNetLayers(keys, hyper);
    case Mixers::kMamba2Hybrid: {
      const std::vector<int> kv_heads =
          keys.PerLayer("attention.head_count_kv", hyper.n_layers, 0, kMaxHeads);
      for (int i = 0; i < hyper.n_layers; ++i) {
        if (kv_heads[static_cast<std::size_t>(i)] == 0) LayerOf(hyper, i).mixer = Mixer::kMamba2;
      }
    }
  }
}

void ReadMla(const Keys& keys, Hyper& hyper) {
  const GgufFile& file = keys.file();
  MlaShape& mla = hyper.mla;
  hyper.n_heads = keys.SameInAllLayers("attention.head_count",
                                       hyper.n_layers + hyper.n_prediction_layers, kMaxHeads);
  hyper.n_kv_heads = 1;
  mla.kv_rank = keys.Int("attention.kv_lora_rank", kMaxWidth);
  const char* q_a = "attn_q_a.weight";
  if (file.Find(LayerTensor(0, q_a)) != nullptr) {
    mla.q_rank = RowsOf(file, LayerTensor(0, q_a), kMaxWidth);
  }
  // Without the lengths "of MLA" the file is of the time when keys and values were unpacked.
  mla.split_kv = keys.Has("attention.key_length_mla");
  const int key_dim =
      keys.Int(mla.split_kv ? "attention.key_length_mla" : "attention.key_length", kMaxWidth);
  mla.value_dim =
      keys.Int(mla.split_kv ? "attention.value_length_mla" : "attention.value_length", kMaxWidth);
  const int rope_dim = keys.Int("rope.dimension_count", kMaxWidth);
  if (rope_dim >= key_dim) {
    file.Fail(fmt::format("metadata '{}' is {}, all of the key's {} elements",
                          keys.Name("rope.dimension_count"), rope_dim, key_dim));
  }
  mla.nope_dim = key_dim - rope_dim;
  if (keys.FloatOr("attention.temperature_scale", 0, -1e6, 1e6) != 0) {
    file.Fail(fmt::format("metadata '{}' is not 0, only that is supported",
                          keys.Name("attention.temperature_scale")));
  }
  hyper.head_dim = mla.kv_rank + rope_dim;
  hyper.value_dim = mla.kv_rank;
  hyper.attention_scale = 1 / std::sqrt(static_cast<double>(key_dim));
}

void ReadDeltaNet(const Keys& keys, Hyper& hyper) {
  const GgufFile& file = keys.file();
  DeltaNetShape& net = hyper.delta_net;
  net.conv_kernel = keys.Int("ssm.conv_kernel", kMaxConvKernel);
  net.head_dim = keys.Int("ssm.state_size", kMaxState);
  net.n_value_heads = keys.Int("ssm.time_step_rank", kMaxHeads);
  net.n_key_heads = keys.Int("ssm.group_count", kMaxHeads);
  const int inner = keys.Int("ssm.inner_size", kMaxWidth);
  if (net.n_value_heads % net.n_key_heads != 0) {
    file.Fail(fmt::format("{} value heads of the delta rule can't share {} key heads evenly",
                          net.n_value_heads, net.n_key_heads));
  }
  if (int64_t{net.n_value_heads} * net.head_dim != inner) {
    file.Fail(fmt::format("metadata '{}' is {}, not {} heads of {}", keys.Name("ssm.inner_size"),
                          inner, net.n_value_heads, net.head_dim));
  }
  // qwen3next keeps the published order of heads, converters of qwen35moe reorder the values'.
  net.fused_beta_alpha = net.key_heads_repeat = hyper.architecture == "qwen3next";
  for (int i = 0; i < hyper.n_layers; ++i) {
    if (LayerOf(hyper, i).mixer != Mixer::kDeltaNet) continue;
    net.fused_qkvz = file.Find(LayerTensor(i, "ssm_in.weight")) != nullptr;
    break;
  }
}

void ReadMamba2(const Keys& keys, Hyper& hyper) {
  const GgufFile& file = keys.file();
  Mamba2Shape& mamba = hyper.mamba2;
  mamba.conv_kernel = keys.Int("ssm.conv_kernel", kMaxConvKernel);
  mamba.inner = keys.Int("ssm.inner_size", kMaxWidth);
  mamba.state = keys.Int("ssm.state_size", kMaxState);
  mamba.n_heads = keys.Int("ssm.time_step_rank", kMaxHeads);
  mamba.n_groups = keys.Int("ssm.group_count", kMaxHeads);
  if (mamba.inner % mamba.n_heads != 0 || mamba.n_heads % mamba.n_groups != 0) {
    file.Fail(fmt::format("state space of width {} can't be {} heads in {} groups", mamba.inner,
                          mamba.n_heads, mamba.n_groups));
  }
  for (int i = 0; i < hyper.n_layers; ++i) {
    if (LayerOf(hyper, i).mixer != Mixer::kMamba2) continue;
    mamba.conv_bias = file.Find(LayerTensor(i, "ssm_conv1d.bias")) != nullptr;
    break;
  }
}

}  // namespace moebench
