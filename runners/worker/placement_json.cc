// PlacementPlan and PlacementProof of struct_json.h.
#include <charconv>
#include <cstdint>

#include "harness/base/error.h"
#include "runners/worker/struct_json.h"

namespace moebench {
namespace {

constexpr int64_t kMaxExact = int64_t{1} << 53;  // integers that a double holds exactly
constexpr int kMaxCpu = 1 << 20;
constexpr int kMaxNode = 1 << 16;
constexpr int kMaxWeight = 255;
constexpr std::size_t kMaxParts = 1 << 12;

int NodeNumber(const std::string& text) {
  int node = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), node);
  if (error != std::errc() || end != text.data() + text.size() || node < 0 || node > kMaxNode) {
    throw Error{"'pages_per_node' has the key '" + text.substr(0, 40) + "', not a NUMA node number",
                ""};
  }
  return node;
}

Json PagesJson(const std::map<int, int64_t>& pages_per_node) {
  Json pages = Json::object();
  for (const auto& [node, count] : pages_per_node) pages[std::to_string(node)] = count;
  return pages;
}

std::map<int, int64_t> PagesFrom(const Fields& fields) {
  std::map<int, int64_t> pages_per_node;
  const Fields pages = fields.Object("pages_per_node");
  for (const std::string& key : pages.Keys()) {
    pages_per_node[NodeNumber(key)] = pages.Int64(key, 0, kMaxExact);
  }
  return pages_per_node;
}

Json PartJson(const MemoryPart& part) {
  Json json = {{"pages_per_node", PagesJson(part.pages_per_node)},
               {"pages_absent", part.pages_absent}};
  if (part.node >= 0) json["node"] = part.node;
  PutText(json, "what", part.what);
  return json;
}

MemoryPart PartFrom(const Fields& fields) {
  return {.what = fields.Text("what"),
          .node = fields.Has("node") ? fields.Int("node", 0, kMaxNode) : -1,
          .pages_per_node = PagesFrom(fields),
          .pages_absent = fields.Int64("pages_absent", 0, kMaxExact)};
}

}  // namespace

Json ToJson(const PlacementPlan& plan) {
  Json json = {{"thread_cpus", plan.thread_cpus}, {"memory_nodes", plan.memory_nodes}};
  if (!plan.thread_nodes.empty()) json["thread_nodes"] = plan.thread_nodes;
  if (!plan.node_weights.empty()) json["node_weights"] = plan.node_weights;
  if (!plan.seat_nodes.empty()) json["seat_nodes"] = plan.seat_nodes;
  if (!plan.seat_caches.empty()) json["seat_caches"] = plan.seat_caches;
  PutText(json, "policy", plan.policy);
  return json;
}

PlacementPlan PlacementPlanFrom(const Fields& fields) {
  PlacementPlan plan;
  plan.policy = fields.Text("policy");
  plan.thread_cpus = fields.Ints("thread_cpus", 0, kMaxCpu);
  plan.memory_nodes = fields.Ints("memory_nodes", 0, kMaxNode);
  if (fields.Has("thread_nodes")) plan.thread_nodes = fields.Ints("thread_nodes", 0, kMaxNode);
  if (fields.Has("node_weights")) plan.node_weights = fields.Ints("node_weights", 1, kMaxWeight);
  if (fields.Has("seat_nodes")) plan.seat_nodes = fields.Ints("seat_nodes", -1, kMaxNode);
  if (fields.Has("seat_caches")) plan.seat_caches = fields.Ints("seat_caches", -1, kMaxCpu);
  return plan;
}

Json ToJson(const PlacementProof& proof) {
  Json json = {{"pages_per_node", PagesJson(proof.pages_per_node)},
               {"pages_absent", proof.pages_absent},
               {"thread_cpus", proof.thread_cpus}};
  PutText(json, "unavailable", proof.unavailable);
  if (!proof.parts.empty()) {
    json["parts"] = Json::array();
    for (const MemoryPart& part : proof.parts) json["parts"].push_back(PartJson(part));
  }
  if (proof.huge_page_bytes >= 0) json["huge_page_bytes"] = proof.huge_page_bytes;
  return json;
}

PlacementProof PlacementProofFrom(const Fields& fields) {
  PlacementProof proof;
  proof.pages_per_node = PagesFrom(fields);
  proof.pages_absent = fields.Int64("pages_absent", 0, kMaxExact);
  proof.thread_cpus = fields.Ints("thread_cpus", -1, kMaxCpu);
  proof.unavailable = fields.Text("unavailable");
  if (fields.Has("parts")) {
    for (const Fields& part : fields.Objects("parts")) {
      if (proof.parts.size() == kMaxParts) throw Error{"'parts' has more than 4096 entries", ""};
      proof.parts.push_back(PartFrom(part));
    }
  }
  if (fields.Has("huge_page_bytes")) {
    proof.huge_page_bytes = fields.Int64("huge_page_bytes", 0, kMaxExact);
  }
  return proof;
}

}  // namespace moebench
