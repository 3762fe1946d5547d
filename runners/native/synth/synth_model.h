// Writes a GGUF of random weights with the dimensions of a real model: what it costs to run is the
// model's, what it says is noise.
//   SynthReport r = WriteSyntheticModel({.shape = FindShape("qwen3-30b-a3b"), .layers = 12,
//                                        .mix = FindTypeMix("Q4_K_M"), .path = "x.gguf"}, {});
// The same request gives the same bytes, whatever the number of threads. The file says of itself
// that it is synthetic: general.name, and the keys moebench.synthetic.*.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

#include "runners/native/synth/shapes.h"
#include "runners/native/synth/type_mix.h"

namespace moebench {

struct SynthRequest {
  SynthShape shape;
  TypeMix mix;
  int layers = 0;      // 0 = all that the model has
  int vocabulary = 0;  // 0 = the model's own size
  uint64_t seed = 1;
  int threads = 1;
  std::filesystem::path path;
};

struct SynthReport {
  int layers = 0, model_layers = 0;
  uint64_t file_bytes = 0;
  int64_t parameters = 0;
};

using SynthProgress = std::function<void(uint64_t bytes_done, uint64_t bytes_total)>;

// What it would be, without writing. Throws Error (kUsage) as the other does.
SynthReport PlanSyntheticModel(const SynthRequest& request);

// Throws Error: kUsage for a request that can't be, kIo for the disk. progress is called under a
// lock, from any of the threads.
SynthReport WriteSyntheticModel(const SynthRequest& request, const SynthProgress& progress);

}  // namespace moebench
