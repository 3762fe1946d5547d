#include "runners/native/kernels/attention.h"

#include <algorithm>

namespace moebench {

const AttentionKernels& ScalarAttention();
#if defined(__x86_64__)
const AttentionKernels& Avx2Attention();
const AttentionKernels& Avx512Attention();
#endif

const AttentionKernels& AttentionKernelsFor(IsaLevel isa) {
#if defined(__x86_64__)
  if (isa >= IsaLevel::kAvx512Vnni) return Avx512Attention();
  if (isa == IsaLevel::kAvx2) return Avx2Attention();
#else
  (void)isa;
#endif
  return ScalarAttention();
}

void StartAttention(const KvShape& shape, float* state) {
  std::fill_n(state, kStateSums, kNoScore);
  std::fill_n(state + kStateSums, AttentionStateFloats(shape) - kStateSums, 0.0f);
}

}  // namespace moebench
