// A shape's tensors and metadata, under the names that llama.cpp gives them.
//   std::vector<SynthTensor> tensors = LayoutTensors(shape, 12, 32768);
//   WriteHyperparameters(shape, 12, writer);
// Source: llama.cpp's src/models/*.cpp and gguf-py/gguf/constants.py (2026-08, MIT). Layers for
// multi-token prediction are left out: they take no part in plain decoding.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runners/native/gguf/gguf_writer.h"
#include "runners/native/synth/shapes.h"

namespace moebench {

enum class TensorRole {
  kMatrix,       // N(0, 1 / inputs)
  kResidualOut,  // a matrix whose output is added to the residual stream, smaller with depth
  kEmbedding,    // N(0, 1)
  kRouter,       // rows of unequal length, see router_skew.h
  kNorm,         // about 1
  kSmallBias,    // about 0
  kZero,
  kConvolution,  // [taps, channels]
  kDecay,        // ssm_a: minus the decay rate
};

struct SynthTensor {
  std::string name;
  std::vector<int64_t> shape;  // GGML's ne: inputs first
  TensorRole role;
};

// n_layers 1 or more; of those, as many are dense as in the model, but one has experts at least.
std::vector<SynthTensor> LayoutTensors(const SynthShape& shape, int n_layers, int vocabulary);

// Keys below "<architecture>.".
void WriteHyperparameters(const SynthShape& shape, int n_layers, GgufWriter& writer);

// Layers without experts among the first n_layers.
int DenseLayers(const SynthShape& shape, int n_layers);

}  // namespace moebench
