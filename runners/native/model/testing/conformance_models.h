// The synthetic models that our engine and llama.cpp are compared on: random weights from a seed,
// so that the files need not be kept.
//   ConformanceModel(TensorType::kQ8_0).Write("q8_0.gguf");
#pragma once

#include "runners/native/gguf/testing/gguf_builder.h"

namespace moebench {

// Three layers, 16 experts of which 4 are used, widths that are no powers of two.
GgufBuilder ConformanceModel(TensorType type);

}  // namespace moebench
