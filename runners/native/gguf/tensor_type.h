// The element types of GGUF tensors, under GGML's numbers, and how many bytes they take.
//   TraitsOf(TensorType::kQ8_0).block_bytes == 34
// Every type that GGML 0.27 writes is known here, also those that no kernel of ours can compute
// with.
#pragma once

#include <cstdint>
#include <string_view>

namespace moebench {

// Numbers from ggml.h (ggml 0.27.0, MIT). 4, 5, 31-33 and 36-38 were taken back by GGML.
enum class TensorType : uint32_t {
  kF32 = 0,
  kF16 = 1,
  kQ4_0 = 2,
  kQ4_1 = 3,
  kQ5_0 = 6,
  kQ5_1 = 7,
  kQ8_0 = 8,
  kQ8_1 = 9,
  kQ2_K = 10,
  kQ3_K = 11,
  kQ4_K = 12,
  kQ5_K = 13,
  kQ6_K = 14,
  kQ8_K = 15,
  kIQ2_XXS = 16,
  kIQ2_XS = 17,
  kIQ3_XXS = 18,
  kIQ1_S = 19,
  kIQ4_NL = 20,
  kIQ3_S = 21,
  kIQ2_S = 22,
  kIQ4_XS = 23,
  kI8 = 24,
  kI16 = 25,
  kI32 = 26,
  kI64 = 27,
  kF64 = 28,
  kIQ1_M = 29,
  kBF16 = 30,
  kTQ1_0 = 34,
  kTQ2_0 = 35,
  kMXFP4 = 39,
  kNVFP4 = 40,
  kQ1_0 = 41,
  kQ2_0 = 42,
};

struct TensorTypeTraits {
  TensorType type;
  std::string_view name;  // GGML's name, e.g. "Q8_0"
  int block_elements;     // elements of one row that are stored together
  int block_bytes;        // bytes of such a block
};

// nullptr where GGML gives the number to no type.
const TensorTypeTraits* FindTensorType(uint32_t number);

const TensorTypeTraits& TraitsOf(TensorType type);
inline std::string_view NameOf(TensorType type) { return TraitsOf(type).name; }

}  // namespace moebench
