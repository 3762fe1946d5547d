// Where each value head of a gated delta net finds its inputs among the columns of the projections.
//   std::vector<DeltaNetColumns> columns = ColumnsOf(hyper.delta_net);
#pragma once

#include <vector>

#include "runners/native/facts/layer_shapes.h"

namespace moebench {

struct DeltaNetColumns {
  // Of the projection, head_dim each. z is in the projection only if that is fused, else in its
  // own.
  int q = 0, k = 0, v = 0, z = 0;
  int beta = 0, alpha = 0;  // alpha follows in beta's projection only if they are fused
  // Of the convolution's channels, which are [q of all key heads, k of them, v of all value heads].
  int conv_q = 0, conv_k = 0, conv_v = 0;
};

std::vector<DeltaNetColumns> ColumnsOf(const DeltaNetShape& shape);  // [n_value_heads]

}  // namespace moebench
