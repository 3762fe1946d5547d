// A tiny model whose matrices are all of one quantised type, random blocks with every code, for
// holding the kernels against llama.cpp's. Seeded: the same bytes each time.
//   QuantModel(WeightType::kQ4_K).Write("q4_k.gguf");
#pragma once

#include "runners/native/gguf/testing/gguf_builder.h"
#include "runners/native/kernels/weight_type.h"

namespace moebench {

GgufBuilder QuantModel(WeightType type);

}  // namespace moebench
