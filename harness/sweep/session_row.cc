#include "harness/sweep/session_row.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "harness/base/clock.h"
#include "harness/machine/hindrance.h"
#include "harness/machine/remote_share.h"
#include "harness/sweep/session_work.h"
#include "runners/worker/struct_json.h"

namespace moebench {
namespace {

// Of one instance its object, of several a list of theirs.
std::string JsonText(const auto& of_instances) {
  if (of_instances.size() == 1) return ToJson(of_instances.front()).dump();
  nlohmann::json list = nlohmann::json::array();
  for (const auto& value : of_instances) list.push_back(ToJson(value));
  return list.dump();
}

// Mean over the instances; nothing if one of them doesn't say.
std::optional<double> RemoteShareOf(const SessionGroup& group,
                                    const std::vector<PlacementProof>& proofs) {
  const std::vector<PlacementPlan> plans = PlansOf(group);
  double sum = 0;
  for (size_t i = 0; i < plans.size(); ++i) {
    const std::optional<double> share = RemoteShare(plans[i], proofs[i]);
    if (!share) return std::nullopt;
    sum += *share;
  }
  return sum / static_cast<double>(plans.size());
}

}  // namespace

std::vector<PlacementPlan> PlansOf(const SessionGroup& group) {
  std::vector<PlacementPlan> plans = {group.placement};
  plans.insert(plans.end(), group.others.begin(), group.others.end());
  return plans;
}

std::string NameOf(const SessionGroup& group) {
  const std::string many = group.others.empty() ? "" : std::to_string(InstancesOf(group)) + " x ";
  return fmt::format("{} {}t={}", group.policy, many, group.placement.thread_cpus.size());
}

SessionRecord SessionRow(const std::string& model_sha256, const SessionGroup& group, int index,
                         const std::vector<LoadReport>& reports, const ReadBandwidths& bandwidths) {
  const LoadReport& report = reports.front();
  double load_s = 0;
  std::vector<PlacementProof> proofs;
  for (const LoadReport& r : reports) {
    load_s = std::max(load_s, r.load_s);
    proofs.push_back(r.proof);
  }
  return {.model_sha256 = model_sha256,
          .index = index,
          .started = UtcNow(),
          .placement = group.policy,
          .isa = report.isa,
          .engine_version = report.engine_version,
          .threads = static_cast<int>(group.placement.thread_cpus.size()),
          .load_s = load_s,
          .asked_json = JsonText(PlansOf(group)),
          .proof_json = JsonText(proofs),
          .read_bandwidth_gbps = bandwidths.memory_gbps,
          .cache_bandwidth_gbps = bandwidths.cache_gbps,
          .cache_bytes = bandwidths.cache_bytes,
          .rerun = index >= kRerunIndex,
          .instances = static_cast<int>(reports.size()),
          .remote_share = RemoteShareOf(group, proofs)};
}

std::string ProofsText(const std::vector<PlacementProof>& proofs) { return JsonText(proofs); }

std::string WhyNotPlaced(const SessionGroup& group, const std::vector<PlacementProof>& proofs,
                         int machine_node_count) {
  const std::vector<PlacementPlan> plans = PlansOf(group);
  for (size_t i = 0; i < plans.size(); ++i) {
    const std::string mismatch = PlacementMismatch(plans[i], proofs[i], machine_node_count);
    if (mismatch.empty()) continue;
    const std::string whose = plans.size() > 1 ? fmt::format("instance {}: ", i) : "";
    return whose + mismatch + Because(Hindrance("/", plans[i]));
  }
  return "";
}

}  // namespace moebench
