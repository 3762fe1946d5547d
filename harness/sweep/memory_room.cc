#include "harness/sweep/memory_room.h"

#include <fmt/format.h>

#include "harness/machine/node_memory.h"

namespace moebench {
namespace {

constexpr double kLoadOverhead = 1.05;  // packed weights and buffers over the file's size
constexpr int64_t kActivationBytes = 256 << 20;

// Facts give the bytes of an f16 cache.
double KvShare(KvType type) {
  constexpr int64_t kBlock = 32;
  return static_cast<double>(KvBytes(type, kBlock)) /
         static_cast<double>(KvBytes(KvType::kF16, kBlock));
}

int64_t CacheBytes(const ModelFacts& facts, int context_tokens, KvType kv) {
  return static_cast<int64_t>(KvShare(kv) * static_cast<double>(facts.kv_bytes_per_position) *
                              context_tokens) +
         facts.state_bytes;
}

}  // namespace

std::optional<std::string> MemoryReason(const ModelFacts& facts, int context_tokens,
                                        int64_t available_bytes, KvType kv, int instances) {
  const double each = kLoadOverhead * static_cast<double>(facts.file_bytes) +
                      static_cast<double>(CacheBytes(facts, context_tokens, kv) + kActivationBytes);
  const double needed = instances * each;
  if (available_bytes == 0 || needed <= static_cast<double>(available_bytes)) return std::nullopt;
  constexpr double kGib = 1 << 30;
  const std::string copies =
      instances > 1 ? fmt::format("{} copies of {:.1f} GiB: ", instances, each / kGib) : "";
  return fmt::format("memory: {}needs about {:.1f} GiB, {:.1f} GiB are available", copies,
                     needed / kGib, static_cast<double>(available_bytes) / kGib);
}

std::string NodeMemoryReason(const ModelFacts& facts, int context_tokens, KvType kv,
                             std::span<const PlacementPlan> instances,
                             const std::map<int, int64_t>& node_free) {
  std::map<int, int64_t> predicted;
  for (const PlacementPlan& plan : instances) {
    for (const auto& [node, bytes] :
         PredictNodeBytes(plan, facts.file_bytes, CacheBytes(facts, context_tokens, kv))) {
      predicted[node] += bytes;
    }
  }
  const std::string shortage = NodeShortage(predicted, node_free);
  return shortage.empty() ? "" : "memory: " + shortage;
}

}  // namespace moebench
