#include "harness/machine/placement_name.h"

#include <algorithm>
#include <map>
#include <optional>

#include "harness/base/suggest.h"
#include "harness/machine/proc_text.h"

namespace moebench {
namespace {

constexpr int kMostWeight = 255;  // the kernel's own limit for weighted interleave

struct Text {  // the whole name and the code of what is wrong with it
  const std::string& name;
  ExitCode code;
};

[[noreturn]] void Refuse(const Text& text, const std::string& why, const std::string& hint) {
  throw Error{"placement '" + text.name.substr(0, 80) + "': " + why, "", hint, text.code};
}

// "0-3=4+8" as 0-3 with weight 4 and 8 without; a node named twice is refused.
void ReadNodes(std::string_view text, PlacementName& name, const Text& whole) {
  std::map<int, int> weights;  // 0: none given
  bool weighted = false;
  while (true) {
    const size_t plus = text.find('+');
    const std::string_view part = text.substr(0, plus);
    const size_t equals = part.find('=');
    const std::string_view list = part.substr(0, equals);
    const auto nodes =
        list.empty() || list.find(',') != std::string_view::npos ? std::nullopt : ParseList(list);
    if (!nodes) {
      Refuse(whole, "'" + std::string(part) + "' names no nodes", "write them like 0-3+8");
    }
    int weight = 0;
    if (equals != std::string_view::npos) {
      const auto given = ParseInt(part.substr(equals + 1));
      if (!given || *given < 1 || *given > kMostWeight) {
        Refuse(whole, "'" + std::string(part) + "' has no weight in 1..255", "write it like 0-3=4");
      }
      weight = static_cast<int>(*given);
      weighted = true;
    }
    for (const int node : *nodes) {
      if (!weights.emplace(node, weight).second) {
        Refuse(whole, "node " + std::to_string(node) + " stands there twice", "");
      }
    }
    if (plus == std::string_view::npos) break;
    text.remove_prefix(plus + 1);
  }
  for (const auto& [node, weight] : weights) {
    name.nodes.push_back(node);
    if (!weighted) continue;
    if (weight == 0) {
      Refuse(whole, "node " + std::to_string(node) + " has no weight, others have", "");
    }
    name.weights.push_back(weight);
  }
}

void ReadLayout(std::string_view text, PlacementName& name, const Text& whole) {
  if (text == "core") return;
  if (text == "l3") {
    name.layout = ThreadLayout::kPerL3;
  } else if (text == "smt") {
    name.layout = ThreadLayout::kPerCpu;
  } else if (const auto count = ParseInt(text); count && *count >= 1 && *count <= 65535) {
    name.layout = ThreadLayout::kPerNode;
    name.per_node = static_cast<int>(*count);
  } else {
    Refuse(whole, "'" + std::string(text) + "' is no layout of threads",
           "/core: one per core, /l3: one per L3 cache, /smt: one per hardware thread, /4: four "
           "per node");
  }
}

// "load=file" or "apart=file"
void ReadExperts(std::string_view text, PlacementName& name, const Text& whole) {
  if (name.policy != "expert-shard") {
    Refuse(whole, "only expert-shard takes a rule for experts", "");
  }
  const size_t equals = text.find('=');
  name.experts = text.substr(0, equals);
  if (equals != std::string_view::npos) name.trace = text.substr(equals + 1);
  if ((name.experts != "load" && name.experts != "apart") || name.trace.empty()) {
    Refuse(whole, "'@" + std::string(text) + "' is no rule for experts",
           "@load=FILE or @apart=FILE with a file of moebench trace-routing");
  }
}

}  // namespace

std::vector<std::string> KnownPolicies() {
  return {"expert-shard", "interleave",         "local", "none", "replicate",
          "row-shard",    "weighted-interleave"};
}

std::vector<std::string> ExpandAuto(const std::vector<std::string>& names,
                                    const std::vector<std::string>& proposed) {
  if (names.empty()) return proposed;
  std::vector<std::string> all;
  const auto add = [&](const std::string& name) {
    if (std::find(all.begin(), all.end(), name) == all.end()) all.push_back(name);
  };
  for (const std::string& name : names) {
    if (name != kAutoPlacement)
      add(name);
    else
      std::for_each(proposed.begin(), proposed.end(), add);
  }
  return all;
}

std::string_view PolicyOf(std::string_view name) {
  return name.substr(0, name.find_first_of(":/@"));
}

bool ShardsRows(std::string_view policy) {
  return policy == "row-shard" || policy == "expert-shard";
}

PlacementName ParsePlacementName(const std::string& name, ExitCode code) {
  const Text whole{name, code};
  PlacementName parsed;
  parsed.policy = PolicyOf(name);
  const std::vector<std::string> known = KnownPolicies();
  if (std::find(known.begin(), known.end(), parsed.policy) == known.end()) {
    throw Error{"placement: '" + parsed.policy.substr(0, 80) + "' is not a policy", "",
                SuggestName(parsed.policy, known), code};
  }
  std::string_view rest = std::string_view(name).substr(parsed.policy.size());
  const size_t at = rest.find('@');
  if (at != std::string_view::npos) ReadExperts(rest.substr(at + 1), parsed, whole);
  rest = rest.substr(0, at);
  const size_t slash = rest.find('/');
  if (slash != std::string_view::npos) ReadLayout(rest.substr(slash + 1), parsed, whole);
  rest = rest.substr(0, slash);
  if (!rest.empty()) ReadNodes(rest.substr(1), parsed, whole);
  if (!parsed.weights.empty() && parsed.policy != "weighted-interleave") {
    Refuse(whole, "only weighted-interleave takes weights", "");
  }
  if (parsed.policy == "local" && parsed.nodes.size() > 1) {
    Refuse(whole, "local is one node", "use row-shard or interleave for more");
  }
  if (parsed.policy == "none" && !parsed.nodes.empty()) {
    Refuse(whole, "none leaves the nodes to the kernel",
           "use interleave or row-shard to name them");
  }
  return parsed;
}

}  // namespace moebench
