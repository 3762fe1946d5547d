// Which tensor gets which type in a quantised file: the rules of llama-quantize without an
// importance matrix, so that a synthetic file reads as many bytes per token as a published one.
//   TypeMix mix = FindTypeMix("Q4_K_M");
//   std::vector<TensorType> types = AssignTypes(mix, shape, n_layers, tensors);
// Source: llama.cpp, src/llama-quant.cpp at 3f545becc (2026-08-22, MIT): the rules, restated.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runners/native/gguf/tensor_type.h"
#include "runners/native/synth/layout.h"
#include "runners/native/synth/shapes.h"

namespace moebench {

struct TypeMix {
  std::string_view name;  // as llama-quantize has it, e.g. Q4_K_M
  TensorType base = TensorType::kF32;
  int file_type = 0;  // general.file_type
};

std::span<const TypeMix> AllTypeMixes();

// In any case of letters. Throws Error (kUsage) with the nearest name.
const TypeMix& FindTypeMix(std::string_view name);

// One type a tensor, in their order.
std::vector<TensorType> AssignTypes(const TypeMix& mix, const SynthShape& shape, int n_layers,
                                    std::span<const SynthTensor> tensors);

}  // namespace moebench
