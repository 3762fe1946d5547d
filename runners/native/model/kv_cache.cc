#include "runners/native/model/kv_cache.h"

#include <algorithm>

namespace moebench {

KvCache::KvCache(int n_layers, int n_kv_heads, int head_dim, int context, const MemoryBinder& bind)
    : n_layers_(n_layers),
      n_kv_heads_(n_kv_heads),
      context_(context),
      head_floats_(static_cast<std::size_t>(context) * static_cast<std::size_t>(head_dim)) {
  const std::size_t floats = Offset(n_layers, 0);
  arena_ = Arena(2 * Arena::Rounded(floats * sizeof(float)), bind);
  keys_ = arena_.TakeArray<float>(floats).data();
  values_ = arena_.TakeArray<float>(floats).data();
}

void KvCache::Clear(int head) {
  for (int layer = 0; layer < n_layers_; ++layer) {
    std::fill_n(Keys(layer, head), head_floats_, 0.0f);
    std::fill_n(Values(layer, head), head_floats_, 0.0f);
  }
}

}  // namespace moebench
