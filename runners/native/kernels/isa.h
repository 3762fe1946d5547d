// Which instruction set the kernels may use: the best of the cpu, or a cap below it for tests, by
// an argument or by MOEBENCH_MAX_ISA=scalar|avx2|avx512_vnni|avx512_bf16 in the environment
// (ONEDNN_MAX_CPU_ISA=AVX2 caps oneDNN).
//   IsaLevel isa = DetectIsa();
//   IsaLevel capped = CapIsa(IsaLevel::kAvx2);  // throws Error if this cpu lacks it
#pragma once

#include <string>

namespace moebench {

enum class IsaLevel {
  kScalar,      // portable C++
  kAvx2,        // AVX2, FMA, F16C
  kAvx512Vnni,  // AVX-512 F, BW, DQ, VL and VNNI
  kAvx512Bf16,  // these and BF16, where its dot product is faster than f32: not on Intel without
                // AMX
};

inline constexpr IsaLevel kBestIsa = IsaLevel::kAvx512Bf16;

IsaLevel DetectIsa();
bool IsaAvailable(IsaLevel level);
IsaLevel CapIsa(IsaLevel wanted);   // throws Error where the cpu lacks it
std::string IsaName(IsaLevel isa);  // scalar | avx2 | avx512_vnni | avx512_bf16
bool HasAmxBf16();                  // tiles of bf16, which only oneDNN uses

}  // namespace moebench
