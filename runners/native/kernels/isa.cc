#include "runners/native/kernels/isa.h"

#include <cpuid.h>

#include <algorithm>
#include <cstdlib>

#include "harness/base/error.h"

namespace moebench {
namespace {

IsaLevel OfThisCpu() {
  __builtin_cpu_init();
  // F16C came before AVX2 with both makers: there is no cpu with AVX2 and FMA that lacks it.
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (!avx2) return IsaLevel::kScalar;
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
                      __builtin_cpu_supports("avx512vnni");
  if (!avx512) return IsaLevel::kAvx2;
  // One vdpbf16ps a cycle on Zen 4 (bf16 matmul 227 GFLOP/s against 110 with f32 activations, one
  // core, README.md); on Xeons before AMX it is no faster than f32 (shared facts, section 3).
  const bool fast_bf16 =
      __builtin_cpu_supports("avx512bf16") && (__builtin_cpu_is("amd") || HasAmxBf16());
  return fast_bf16 ? IsaLevel::kAvx512Bf16 : IsaLevel::kAvx512Vnni;
}

IsaLevel CapOfEnvironment() {
  const char* cap = std::getenv("MOEBENCH_MAX_ISA");
  if (cap == nullptr) return kBestIsa;
  for (int i = 0; i <= static_cast<int>(kBestIsa); ++i) {
    if (IsaName(static_cast<IsaLevel>(i)) == cap) return static_cast<IsaLevel>(i);
  }
  throw Error(std::string("MOEBENCH_MAX_ISA: '") + cap + "' is no instruction set", "environment",
              "it takes scalar, avx2, avx512_vnni or avx512_bf16", ExitCode::kConfig);
}

}  // namespace

// CPUID leaf 7, EDX bit 22 (Intel SDM volume 2A).
bool HasAmxBf16() {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  return __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) != 0 && (edx >> 22 & 1) != 0;
}

IsaLevel DetectIsa() { return std::min(OfThisCpu(), CapOfEnvironment()); }

bool IsaAvailable(IsaLevel level) { return level <= DetectIsa(); }

IsaLevel CapIsa(IsaLevel wanted) {
  if (IsaAvailable(wanted)) return wanted;
  throw Error("this cpu has no " + IsaName(wanted), "kernels",
              "it has " + IsaName(DetectIsa()) + "; ask for that or less", ExitCode::kConfig);
}

std::string IsaName(IsaLevel isa) {
  switch (isa) {
    case IsaLevel::kScalar:
      return "scalar";
    case IsaLevel::kAvx2:
      return "avx2";
    case IsaLevel::kAvx512Vnni:
      return "avx512_vnni";
    case IsaLevel::kAvx512Bf16:
      return "avx512_bf16";
  }
  CHECK(false);
}

}  // namespace moebench
