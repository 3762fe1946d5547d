#include "runners/native/model/delta_net_columns.h"

namespace moebench {

std::vector<DeltaNetColumns> ColumnsOf(const DeltaNetShape& shape) {
  std::vector<DeltaNetColumns> columns;
  const int dim = shape.head_dim, keys = shape.n_key_heads * dim;
  for (int head = 0; head < shape.n_value_heads; ++head) {
    const int group = shape.n_value_heads / shape.n_key_heads;  // value heads of a key head
    const int key_head = shape.key_heads_repeat ? head / group : head % shape.n_key_heads;
    DeltaNetColumns c;
    c.conv_q = key_head * dim;
    c.conv_k = keys + key_head * dim;
    c.conv_v = 2 * keys + head * dim;
    if (shape.fused_qkvz) {  // by key head: q, k, group v, group z
      const int base = head / group * (2 + 2 * group) * dim;
      c.q = base;
      c.k = base + dim;
      c.v = base + (2 + head % group) * dim;
      c.z = base + (2 + group + head % group) * dim;
    } else {
      c.q = c.conv_q;
      c.k = c.conv_k;
      c.v = c.conv_v;
      c.z = head * dim;
    }
    if (shape.fused_beta_alpha) {  // by key head: group beta, group alpha
      c.beta = head / group * 2 * group + head % group;
      c.alpha = c.beta + group;
    } else {
      c.beta = c.alpha = head;
    }
    columns.push_back(c);
  }
  return columns;
}

}  // namespace moebench
