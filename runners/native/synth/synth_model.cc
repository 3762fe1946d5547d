#include "runners/native/synth/synth_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "harness/base/error.h"
#include "harness/base/hash.h"
#include "harness/base/rng.h"
#include "runners/native/gguf/gguf_writer.h"
#include "runners/native/synth/layout.h"
#include "runners/native/synth/made_vocabulary.h"
#include "runners/native/synth/random_blocks.h"
#include "runners/native/synth/router_skew.h"

namespace moebench {
namespace {

constexpr uint64_t kChunkElements = 4 << 20;  // a multiple of every block; the unit of the seeds

struct Plan {  // borrows from the request
  const SynthShape& shape;
  const TypeMix& mix;
  int layers, vocabulary;
  std::vector<SynthTensor> tensors;
  std::vector<TensorType> types;
};

void RequireBetween(int value, int lowest, int highest, const char* option) {
  if (value >= lowest && value <= highest) return;
  throw Error{fmt::format("{} is not {} to {}", value, lowest, highest), option, "",
              ExitCode::kUsage};
}

Plan MakePlan(const SynthRequest& request) {
  const SynthShape& shape = request.shape;
  const int layers = request.layers == 0 ? shape.layers : request.layers;
  RequireBetween(layers, 1, shape.layers, "--layers");
  const int vocabulary = request.vocabulary == 0 ? shape.vocabulary : request.vocabulary;
  RequireBetween(vocabulary, kLeastVocabulary, kMostVocabulary, "--vocab");
  std::vector<SynthTensor> tensors = LayoutTensors(shape, layers, vocabulary);
  std::vector<TensorType> types = AssignTypes(request.mix, shape, layers, tensors);
  return {shape, request.mix, layers, vocabulary, std::move(tensors), std::move(types)};
}

int64_t Elements(const SynthTensor& tensor) {
  int64_t count = 1;
  for (const int64_t n : tensor.shape) count *= n;
  return count;
}

SynthReport ReportOf(const Plan& plan, const GgufWriter& writer) {
  SynthReport report{plan.layers, plan.shape.layers, writer.FileBytes(), 0};
  for (const SynthTensor& tensor : plan.tensors) report.parameters += Elements(tensor);
  return report;
}

void DescribeModel(const SynthRequest& request, const Plan& plan, GgufWriter& writer) {
  const std::string what = fmt::format("{}, {} of {} layers, {}, seed {}", plan.shape.name,
                                       plan.layers, plan.shape.layers, plan.mix.name, request.seed);
  writer.SetString("general.architecture", plan.shape.architecture);
  writer.SetString("general.type", "model");
  writer.SetString("general.name", "synthetic " + what);
  writer.SetUint32("general.file_type", static_cast<uint32_t>(plan.mix.file_type));
  writer.SetUint32("general.quantization_version", 2);
  writer.SetString("moebench.synthetic", what);
  writer.SetString("moebench.synthetic.shape", plan.shape.name);
  writer.SetUint32("moebench.synthetic.layers", static_cast<uint32_t>(plan.layers));
  writer.SetUint32("moebench.synthetic.model_layers", static_cast<uint32_t>(plan.shape.layers));
  writer.SetUint64("moebench.synthetic.seed", request.seed);
  WriteHyperparameters(plan.shape, plan.layers, writer);
  WriteVocabulary(MakeVocabulary(plan.vocabulary), writer);
  for (size_t i = 0; i < plan.tensors.size(); ++i) {
    writer.AddTensor(plan.tensors[i].name, plan.types[i], plan.tensors[i].shape);
  }
}

// Tensors of F32 that are no large matrices, whole.
std::vector<float> SmallTensor(const Plan& plan, const SynthTensor& tensor, uint64_t seed) {
  if (tensor.role == TensorRole::kRouter) {
    return RouterWeights(plan.shape.experts, plan.shape.k0, plan.shape.d_model, seed);
  }
  Rng rng(seed);
  std::vector<float> values(static_cast<size_t>(Elements(tensor)));
  for (float& value : values) {
    switch (tensor.role) {
      case TensorRole::kNorm:
        value = static_cast<float>(1 + 0.05 * rng.Normal());
        break;
      case TensorRole::kSmallBias:
        value = static_cast<float>(0.02 * rng.Normal());
        break;
      case TensorRole::kConvolution:
        value = static_cast<float>(rng.Normal() / std::sqrt(tensor.shape[0]));
        break;
      case TensorRole::kDecay:  // drawn from (0, 16) at the start of training
        value = static_cast<float>(-16 * (1 - rng.Uniform()));
        break;
      default:
        value = 0;
    }
  }
  return values;
}

bool IsSmall(const SynthTensor& tensor) {
  return tensor.role != TensorRole::kMatrix && tensor.role != TensorRole::kResidualOut &&
         tensor.role != TensorRole::kEmbedding;
}

// With embeddings of deviation 1 and outputs of attention smaller by the root of the depth, the
// hidden state stays that of its own token: attention of random weights averages over the context,
// and unscaled sums of that would make all tokens alike within a dozen layers.
double StandardDeviation(const Plan& plan, const SynthTensor& tensor) {
  if (tensor.role == TensorRole::kEmbedding) return 1;
  const double inputs = static_cast<double>(tensor.shape[0]);
  const double depth = tensor.role == TensorRole::kResidualOut ? plan.shape.layers : 1;
  return 1 / std::sqrt(inputs * depth);
}

struct Chunk {
  size_t tensor;
  uint64_t first, bytes;  // of the tensor
};

std::vector<Chunk> ChunksOf(const Plan& plan, const GgufWriter& writer) {
  std::vector<Chunk> chunks;
  for (size_t i = 0; i < plan.tensors.size(); ++i) {
    const uint64_t all = writer.TensorBytes(i);
    const TensorTypeTraits& traits = TraitsOf(plan.types[i]);
    const uint64_t step = IsSmall(plan.tensors[i])
                              ? all
                              : kChunkElements / static_cast<uint64_t>(traits.block_elements) *
                                    static_cast<uint64_t>(traits.block_bytes);
    for (uint64_t first = 0; first < all; first += step) {
      chunks.push_back({i, first, std::min(step, all - first)});
    }
  }
  return chunks;
}

void WriteChunk(const Plan& plan, uint64_t seed, const Chunk& chunk, std::vector<std::byte>& buffer,
                GgufWriter& writer) {
  const SynthTensor& tensor = plan.tensors[chunk.tensor];
  const uint64_t own_seed =
      Rng(Fnv1a64(tensor.name) ^ (seed * 0x9e3779b97f4a7c15) ^ chunk.first).Next();
  if (IsSmall(tensor)) {
    const std::vector<float> values = SmallTensor(plan, tensor, own_seed);
    writer.WriteAt(chunk.tensor, 0, std::as_bytes(std::span(values)));
    return;
  }
  buffer.resize(chunk.bytes);
  FillRandomBlocks(plan.types[chunk.tensor], StandardDeviation(plan, tensor), own_seed, buffer);
  writer.WriteAt(chunk.tensor, chunk.first, buffer);
}

// The threads take chunks in turn; the first error ends all of them.
void WriteTensors(const Plan& plan, const SynthRequest& request, const SynthProgress& progress,
                  GgufWriter& writer) {
  const std::vector<Chunk> chunks = ChunksOf(plan, writer);
  uint64_t total = 0;
  for (const Chunk& chunk : chunks) total += chunk.bytes;
  std::atomic<size_t> next{0};
  std::mutex mutex;
  uint64_t done = 0;
  std::exception_ptr failure;
  const auto work = [&] {
    std::vector<std::byte> buffer;
    try {
      for (size_t i; (i = next.fetch_add(1)) < chunks.size();) {
        WriteChunk(plan, request.seed, chunks[i], buffer, writer);
        const std::lock_guard lock(mutex);
        done += chunks[i].bytes;
        if (progress) progress(done, total);
      }
    } catch (...) {  // handed to the caller's thread below
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
      next = chunks.size();
    }
  };
  std::vector<std::thread> threads;
  for (int i = 1; i < request.threads; ++i) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace

SynthReport PlanSyntheticModel(const SynthRequest& request) {
  const Plan plan = MakePlan(request);
  GgufWriter writer(request.path);
  DescribeModel(request, plan, writer);
  return ReportOf(plan, writer);
}

SynthReport WriteSyntheticModel(const SynthRequest& request, const SynthProgress& progress) {
  const Plan plan = MakePlan(request);
  GgufWriter writer(request.path);
  DescribeModel(request, plan, writer);
  writer.Begin();
  WriteTensors(plan, request, progress, writer);
  writer.Commit();
  return ReportOf(plan, writer);
}

}  // namespace moebench
