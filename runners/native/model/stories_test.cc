// A trained model with a published answer: stories260K (llama2.c, MIT) turned into a mixture whose
// experts are copies of its feed-forward layer. Weights that sum to 1 make the mixture equal to the
// dense model, so the published greedy text must come out for every number of experts.
#include <gtest/gtest.h>
#include <sched.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "harness/base/error.h"
#include "harness/base/files.h"
#include "harness/base/rng.h"
#include "runners/native/gguf/testing/gguf_builder.h"
#include "runners/native/gguf/testing/temp_file.h"
#include "runners/native/model/engine.h"

namespace moebench {
namespace {

constexpr int kExperts = 6;
constexpr int kBos = 1;

// Reads the layout of llama2.c: 7 int32, then f32 tensors, each for all layers.
class Llama2cFile {
 public:
  explicit Llama2cFile(std::string bytes) : bytes_(std::move(bytes)) {
    int32_t header[7];
    std::memcpy(header, bytes_.data(), sizeof header);
    at_ = sizeof header;
    dim = header[0], hidden = header[1], layers = header[2], heads = header[3];
    kv_heads = header[4], vocabulary = header[5], context = header[6];
  }
  std::vector<float> Next(int rows, int cols) {
    std::vector<float> values(static_cast<std::size_t>(rows) * static_cast<std::size_t>(cols));
    const std::size_t n = values.size() * sizeof(float);
    CHECK(n <= bytes_.size() - at_);
    std::memcpy(values.data(), bytes_.data() + at_, n);
    at_ += n;
    return values;
  }
  int dim, hidden, layers, heads, kv_heads, vocabulary, context;

 private:
  std::string bytes_;
  std::size_t at_;
};

// The tensor of one layer, repeated `copies` times.
std::vector<float> OfLayer(const std::vector<float>& all, int layer, int n_layers, int copies = 1) {
  const std::ptrdiff_t each = static_cast<std::ptrdiff_t>(all.size()) / n_layers;
  std::vector<float> out;
  for (int i = 0; i < copies; ++i) {
    out.insert(out.end(), all.begin() + layer * each, all.begin() + (layer + 1) * each);
  }
  return out;
}

GgufBuilder MixtureOfCopies(Llama2cFile file) {
  const int d = file.dim, kv = file.dim / file.heads * file.kv_heads, n = file.layers;
  const std::vector<float> embedding = file.Next(file.vocabulary, d), attn_norm = file.Next(n, d),
                           q = file.Next(n * d, d), k = file.Next(n * kv, d),
                           v = file.Next(n * kv, d), o = file.Next(n * d, d),
                           ffn_norm = file.Next(n, d), gate = file.Next(n * file.hidden, d),
                           down = file.Next(n * d, file.hidden), up = file.Next(n * file.hidden, d),
                           output_norm = file.Next(1, d);
  GgufBuilder builder;
  const auto set = [&](const char* key, int value) {
    builder.SetUint32(std::string("llama.") + key, static_cast<uint32_t>(value));
  };
  builder.SetString("general.architecture", "llama");
  set("block_count", n);
  set("context_length", file.context);
  set("embedding_length", d);
  set("feed_forward_length", file.hidden);
  set("attention.head_count", file.heads);
  set("attention.head_count_kv", file.kv_heads);
  set("expert_count", kExperts);
  set("expert_used_count", 2);
  builder.SetFloat("llama.attention.layer_norm_rms_epsilon", 1e-5f);
  Rng rng(5);
  for (int layer = 0; layer < n; ++layer) {
    const auto add = [&](const char* name, std::vector<int64_t> shape,
                         const std::vector<float>& all, int copies = 1) {
      builder.AddTensor("blk." + std::to_string(layer) + "." + name + ".weight", TensorType::kF32,
                        std::move(shape), OfLayer(all, layer, n, copies));
    };
    add("attn_norm", {d}, attn_norm);
    add("attn_q", {d, d}, q);
    add("attn_k", {d, kv}, k);
    add("attn_v", {d, kv}, v);
    add("attn_output", {d, d}, o);
    add("ffn_norm", {d}, ffn_norm);
    add("ffn_gate_exps", {d, file.hidden, kExperts}, gate, kExperts);
    add("ffn_up_exps", {d, file.hidden, kExperts}, up, kExperts);
    add("ffn_down_exps", {file.hidden, d, kExperts}, down, kExperts);
    std::vector<float> router(static_cast<std::size_t>(d * kExperts));
    for (float& value : router) value = static_cast<float>(rng.Normal());
    builder.AddTensor("blk." + std::to_string(layer) + ".ffn_gate_inp.weight", TensorType::kF32,
                      {d, kExperts}, router);
  }
  builder.AddTensor("token_embd.weight", TensorType::kF32, {d, file.vocabulary}, embedding);
  builder.AddTensor("output_norm.weight", TensorType::kF32, {d}, output_norm);
  return builder;
}

// tok512.bin: the longest piece's length, then score, length and bytes of each piece.
std::vector<std::string> ReadPieces(const std::string& bytes) {
  std::vector<std::string> pieces;
  for (std::size_t at = 4; at + 8 <= bytes.size();) {
    int32_t length;
    std::memcpy(&length, bytes.data() + at + 4, sizeof length);
    pieces.push_back(bytes.substr(at + 8, static_cast<std::size_t>(length)));
    at += 8 + static_cast<std::size_t>(length);
    unsigned byte = 0;
    if (std::sscanf(pieces.back().c_str(), "<0x%02X>", &byte) == 1) {
      pieces.back() = std::string(1, static_cast<char>(byte));
    }
  }
  return pieces;
}

// The answer printed below the command with -t 0.0.
std::string GoldenText(const std::string& page) {
  const std::size_t command = page.find("-t 0.0\n");
  const std::size_t begin = page.find('\n', command) + 1;
  return page.substr(begin, page.find("\n```", begin) - begin);
}

TEST(Stories260K, TheMixtureOfCopiesTellsThePublishedStoryAtEveryK) {
  const std::filesystem::path data =
      std::filesystem::path(MOEBENCH_SOURCE_DIR) / "../shared/data/models";
  if (!std::filesystem::exists(data / "stories260K.bin")) {
    GTEST_SKIP() << "no stories260K.bin in ../shared/data/models";
  }
  const TempFile file(
      MixtureOfCopies(Llama2cFile(ReadFile(data / "stories260K.bin", 1 << 24))).Build());
  const std::vector<std::string> pieces = ReadPieces(ReadFile(data / "tok512.bin", 1 << 20));
  const std::string golden = GoldenText(ReadFile(data / "stories260K.md", 1 << 20));
  ASSERT_GT(golden.size(), 500u);
  cpu_set_t allowed;
  sched_getaffinity(0, sizeof allowed, &allowed);
  int cpu = 0;
  while (!CPU_ISSET(cpu, &allowed)) ++cpu;
  Engine engine(GgufFile::Open(file.path()), {.thread_cpus = {cpu}, .context_tokens = 512});
  std::vector<float> logits(512);
  for (int k = 1; k <= kExperts; ++k) {
    std::string text;
    engine.transformer().Reset();
    for (int token = kBos; text.size() < golden.size();) {
      const bool after_bos = token == kBos;
      engine.transformer().Forward({&token, 1}, k, LogitsOf::kLast, logits);
      token = static_cast<int>(std::max_element(logits.begin(), logits.end()) - logits.begin());
      if (token == kBos) break;
      const std::string& piece = pieces.at(static_cast<std::size_t>(token));
      text += after_bos && piece[0] == ' ' ? piece.substr(1) : piece;
    }
    EXPECT_EQ(text.substr(0, golden.size()), golden) << "k = " << k;
  }
}

}  // namespace
}  // namespace moebench
