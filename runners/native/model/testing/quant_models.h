// A tiny model whose matrices are all of one quantised type, random blocks with every code, for
// holding the kernels against llama.cpp's. Seeded: the same bytes each time.
//   QuantModel(WeightType::kQ4_K).Write("q4_k.gguf");
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "runners/native/gguf/testing/gguf_builder.h"
#include "runners/native/kernels/weight_type.h"

namespace moebench {

GgufBuilder QuantModel(WeightType type);

// Tiny models of whole architectures (gguf/testing/tiny_model.h) with quantised matrices.
struct QuantisedTinyModel {
  std::string name;            // "gpt-oss-mxfp4"
  std::string tiny;            // the variant it is made from
  bool mxfp4_experts = false;  // beside Q8_0
};
inline void PrintTo(const QuantisedTinyModel& model, std::ostream* out) { *out << model.name; }

const std::vector<QuantisedTinyModel>& QuantisedTinyModels();
GgufBuilder BuildQuantised(const QuantisedTinyModel& model);

}  // namespace moebench
