#include "runners/native/kernels/isa.h"

#include "harness/base/error.h"

namespace moebench {

IsaLevel DetectIsa() {
  __builtin_cpu_init();
  // F16C came before AVX2 with both makers: there is no cpu with AVX2 and FMA that lacks it.
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (!avx2) return IsaLevel::kScalar;
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
                      __builtin_cpu_supports("avx512vnni");
  return avx512 ? IsaLevel::kAvx512Vnni : IsaLevel::kAvx2;
}

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
  }
  CHECK(false);
}

}  // namespace moebench
