#include "runners/native/kernels/kernel_table.h"

namespace moebench {

const KernelTable& ScalarKernels();
#if defined(__x86_64__)
const KernelTable& Avx2Kernels();
const KernelTable& Avx512Kernels();
const KernelTable& Avx512Bf16Kernels();
#endif

const KernelTable& KernelsFor(IsaLevel isa) {
#if defined(__x86_64__)
  if (isa == IsaLevel::kAvx512Bf16) return Avx512Bf16Kernels();
  if (isa == IsaLevel::kAvx512Vnni) return Avx512Kernels();
  if (isa == IsaLevel::kAvx2) return Avx2Kernels();
#else
  (void)isa;
#endif
  return ScalarKernels();
}

}  // namespace moebench
