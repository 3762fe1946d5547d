#include "runners/worker/speculation_json.h"

#include <cstdint>

#include "harness/base/error.h"

namespace moebench {
namespace {

constexpr int64_t kMaxCount = int64_t{1} << 53;
constexpr int kMaxPassTokens = 1 << 20;
constexpr double kMaxMs = 1e12;  // 31 years
constexpr double kMaxBytes = 1e18;

std::vector<int64_t> Counts(const Fields& fields, const std::string& key) {
  std::vector<int64_t> counts;
  for (const int count : fields.Ints(key, 0, INT32_MAX)) counts.push_back(count);
  return counts;
}

}  // namespace

Json ToJson(const SpeculationOptions& options) {
  Json json = {{"draft_tokens", options.draft_tokens},
               {"min_probability", options.min_probability},
               {"lookup_min", options.lookup_min},
               {"lookup_max", options.lookup_max}};
  PutText(json, "recurrent", options.recurrent);
  return json;
}

SpeculationOptions SpeculationOptionsFrom(const Fields& fields) {
  SpeculationOptions options;  // the engine knows what it can do and refuses the rest
  options.draft_tokens = fields.Int("draft_tokens", INT32_MIN, INT32_MAX);
  options.min_probability = fields.Number("min_probability", -1e6, 1e6);
  options.lookup_min = fields.Int("lookup_min", INT32_MIN, INT32_MAX);
  options.lookup_max = fields.Int("lookup_max", INT32_MIN, INT32_MAX);
  options.recurrent = fields.Text("recurrent");
  return options;
}

Json ToJson(const SpeculationCounts& counts) {
  return {{"steps", counts.steps},
          {"drafted", counts.drafted},
          {"accepted", counts.accepted},
          {"looked_up", counts.looked_up},
          {"lookup_accepted", counts.lookup_accepted},
          {"drafted_at", counts.drafted_at},
          {"accepted_at", counts.accepted_at},
          {"draft_ms", counts.draft_ms},
          {"verify_ms", counts.verify_ms},
          {"rollback_ms", counts.rollback_ms},
          {"lookup_ms", counts.lookup_ms},
          {"experts_per_step", counts.experts_per_step},
          {"tokens_per_pass", counts.tokens_per_pass}};
}

SpeculationCounts SpeculationCountsFrom(const Fields& fields) {
  SpeculationCounts counts;
  counts.steps = fields.Int64("steps", 0, kMaxCount);
  counts.drafted = fields.Int64("drafted", 0, kMaxCount);
  counts.accepted = fields.Int64("accepted", 0, counts.drafted);
  counts.looked_up = fields.Int64("looked_up", 0, kMaxCount);
  counts.lookup_accepted = fields.Int64("lookup_accepted", 0, counts.looked_up);
  counts.drafted_at = Counts(fields, "drafted_at");
  counts.accepted_at = Counts(fields, "accepted_at");
  if (counts.drafted_at.size() != counts.accepted_at.size() ||
      counts.drafted_at.size() > kMostGuesses) {
    throw Error{"'drafted_at' and 'accepted_at' are not of one length up to " +
                    std::to_string(kMostGuesses),
                ""};
  }
  for (std::size_t i = 0; i < counts.drafted_at.size(); ++i) {
    if (counts.accepted_at[i] <= counts.drafted_at[i]) continue;
    throw Error{"'accepted_at' is more than 'drafted_at' at place " + std::to_string(i), ""};
  }
  counts.draft_ms = fields.Number("draft_ms", 0, kMaxMs);
  counts.verify_ms = fields.Number("verify_ms", 0, kMaxMs);
  counts.rollback_ms = fields.Number("rollback_ms", 0, kMaxMs);
  counts.lookup_ms = fields.Number("lookup_ms", 0, kMaxMs);
  counts.experts_per_step = fields.Number("experts_per_step", 0, kMaxPassTokens);
  counts.tokens_per_pass = fields.Number("tokens_per_pass", 0, kMaxPassTokens);
  return counts;
}

Json ToJson(const VerifyCost& cost) {
  return {{"tokens", cost.tokens}, {"ms", cost.ms}, {"lo_ms", cost.lo_ms},
          {"hi_ms", cost.hi_ms},   {"n", cost.n},   {"experts_per_layer", cost.experts_per_layer},
          {"bytes", cost.bytes}};
}

VerifyCost VerifyCostFrom(const Fields& fields) {
  VerifyCost cost;
  cost.tokens = fields.Int("tokens", 1, kMaxPassTokens);
  cost.ms = fields.Number("ms", 0, kMaxMs);
  cost.lo_ms = fields.Number("lo_ms", 0, cost.ms);
  cost.hi_ms = fields.Number("hi_ms", cost.ms, kMaxMs);
  cost.n = fields.Int("n", 1, 1 << 30);
  cost.experts_per_layer = fields.Number("experts_per_layer", 0, kMaxPassTokens);
  cost.bytes = fields.Number("bytes", 0, kMaxBytes);
  return cost;
}

}  // namespace moebench
