#include "runners/native/facts/model_facts.h"

#include <algorithm>
#include <map>

#include "runners/native/facts/read_parts.h"
#include "runners/native/tokenizer/chat.h"

namespace moebench {
namespace {

constexpr int64_t kMostLayers = 4096;

bool IsExpertTensor(const TensorInfo& tensor) {
  return tensor.name.find("_exps.") != std::string::npos;
}

int64_t BytesOfRow(const TensorInfo& tensor) {
  return static_cast<int64_t>(tensor.size_bytes) / (tensor.ElementCount() / tensor.shape[0]);
}

std::string TypeOfMostBytes(std::span<const TensorInfo> tensors) {
  std::map<TensorType, uint64_t> bytes_of;
  for (const TensorInfo& tensor : tensors) bytes_of[tensor.type] += tensor.size_bytes;
  const auto most = std::max_element(bytes_of.begin(), bytes_of.end(),
                                     [](auto& a, auto& b) { return a.second < b.second; });
  return std::string(NameOf(most->first));
}

}  // namespace

ModelFacts ReadModelFacts(const GgufFile& file, KvType kv) {
  const Hyper hyper = ReadHyper(file);
  ModelFacts facts;
  facts.path = file.path();
  facts.architecture = hyper.architecture;
  facts.name = file.GetString("general.name", "");
  facts.quantisation = TypeOfMostBytes(file.tensors());
  const ChatFormat chat = DetectChatFormat(file.GetString("tokenizer.chat_template", ""));
  facts.chat_format = NameOf(chat.family);
  facts.thinking = ThinkingOf(chat);
  facts.synthetic = file.GetString("moebench.synthetic", "");
  if (!facts.synthetic.empty()) {
    facts.synthetic_layers = static_cast<int>(
        std::clamp<int64_t>(file.GetInt("moebench.synthetic.model_layers", 0), 0, kMostLayers));
  }
  facts.file_bytes = static_cast<int64_t>(file.file_bytes());
  facts.n_layers = hyper.n_layers;
  facts.n_moe_layers = hyper.CountOf(FeedForward::kExperts);
  facts.n_recurrent_layers = hyper.CountOf(Mixer::kDeltaNet) + hyper.CountOf(Mixer::kMamba2);
  facts.n_experts = hyper.n_experts;
  facts.n_shared_experts = hyper.n_shared_experts;
  facts.k0 = hyper.k0;
  if (facts.n_experts > 0) facts.expert_count_key = hyper.architecture + ".expert_used_count";
  facts.context_length = hyper.context;
  facts.vocabulary_size = hyper.vocabulary;

  int64_t expert_bytes = 0;  // all experts of all layers
  for (const TensorInfo& tensor : file.tensors()) {
    facts.parameter_count += tensor.ElementCount();
    if (IsOfLayers(tensor.name, hyper.n_layers, hyper.n_layers + hyper.n_prediction_layers)) {
      continue;  // never read
    }
    const auto bytes = static_cast<int64_t>(tensor.size_bytes);
    (IsExpertTensor(tensor) ? expert_bytes : facts.dense_bytes_per_token) += bytes;
  }
  for (const char* name : {"output.weight", "output_norm.weight"}) {
    const TensorInfo* tensor = file.Find(name);
    if (tensor != nullptr) facts.head_bytes_per_token += static_cast<int64_t>(tensor->size_bytes);
  }
  // Layers may be quantised differently: the mean over them, so that the sum is right.
  if (facts.n_moe_layers > 0) {
    facts.expert_bytes = expert_bytes / (int64_t{facts.n_moe_layers} * hyper.n_experts);
  }
  // Of the embedding one row is read, unless it is the output head too.
  const TensorInfo& embedding = file.Require("token_embd.weight");
  facts.head_bytes_per_token +=
      hyper.tied_output ? static_cast<int64_t>(embedding.size_bytes) : BytesOfRow(embedding);
  facts.dense_bytes_per_token += BytesOfRow(embedding);
  if (!hyper.tied_output) {
    facts.dense_bytes_per_token -= static_cast<int64_t>(embedding.size_bytes);
  }
  facts.kv_bytes_per_position = KvBytes(kv, KvNumbersPerPosition(hyper));
  for (int layer = 0; layer < hyper.n_layers; ++layer) {
    const RecurrentState state = RecurrentStateOf(hyper, layer);
    facts.state_bytes += (state.conv + state.memory) * static_cast<int64_t>(sizeof(float));
  }
  return facts;
}

}  // namespace moebench
