#include "harness/sweep/bandwidth_doubt.h"

#include <algorithm>

namespace moebench {

BandwidthDoubt::BandwidthDoubt(const ModelFacts& facts, size_t instances,
                               const ReadBandwidths& measured)
    : bound_{.memory_gbps = measured.memory_gbps,
             .cache_gbps = measured.cache_gbps,
             .cache_bytes = measured.cache_bytes,
             .data_bytes = static_cast<int64_t>(instances) * facts.ActiveBytes(facts.n_experts)} {}

void BandwidthDoubt::Weigh(const TrialRecord& trial,
                           const std::function<ReadBandwidths()>& probe_again,
                           const std::function<void(const ReadBandwidths&)>& keep) {
  const double achieved_gbps = trial.bytes_per_token * trial.DecodeTps() * 1e-9;
  while (probes_left_ > 0) {
    const double limit_gbps = ReadableGbps(bound_, achieved_gbps);
    if (limit_gbps <= 0 || achieved_gbps <= limit_gbps) return;
    --probes_left_;
    const ReadBandwidths seen = probe_again();
    if (seen.memory_gbps <= 0) return;  // no memory for its buffers beside the model
    keep(seen);
    bound_.memory_gbps = std::max(bound_.memory_gbps, seen.memory_gbps);
    bound_.cache_gbps = std::max(bound_.cache_gbps, seen.cache_gbps);
  }
}

}  // namespace moebench
