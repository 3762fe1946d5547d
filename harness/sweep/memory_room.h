// Whether a model's weights and caches have room, on the machine as a whole and on each node,
// before anything is loaded. Pure; thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>

#include "harness/machine/placement.h"
#include "runners/runner.h"

namespace moebench {

// Why so many copies of the model must not be loaded with a context of so many tokens, or nothing;
// 0 bytes available means unknown.
std::optional<std::string> MemoryReason(const ModelFacts& facts, int context_tokens,
                                        int64_t available_bytes, KvType kv = KvType::kF16,
                                        int instances = 1);

// The same of single nodes: weights and caches of all instances against what each node can give.
// Empty if all fits.
std::string NodeMemoryReason(const ModelFacts& facts, int context_tokens, KvType kv,
                             std::span<const PlacementPlan> instances,
                             const std::map<int, int64_t>& node_free);

}  // namespace moebench
