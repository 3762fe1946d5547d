// Which instruction set the kernels may use: the best of the cpu, or a cap below it for tests.
//   IsaLevel isa = DetectIsa();
//   IsaLevel capped = CapIsa(IsaLevel::kAvx2);  // throws Error if this cpu lacks it
#pragma once

#include <string>

namespace moebench {

enum class IsaLevel {
  kScalar,      // portable C++
  kAvx2,        // AVX2, FMA, F16C
  kAvx512Vnni,  // AVX-512 F, BW, DQ, VL and VNNI
};

IsaLevel DetectIsa();
bool IsaAvailable(IsaLevel level);
IsaLevel CapIsa(IsaLevel wanted);   // throws Error where the cpu lacks it
std::string IsaName(IsaLevel isa);  // scalar | avx2 | avx512_vnni

}  // namespace moebench
