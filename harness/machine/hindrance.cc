#include "harness/machine/hindrance.h"

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "harness/machine/memory_policy.h"
#include "harness/machine/proc_text.h"

namespace moebench {
namespace {

constexpr int64_t kFullBelow = 32;   // 1 / so much of a node free is next to nothing
constexpr int64_t kFilesAbove = 16;  // 1 / so much of a node in files is worth a word

// Of "Node 3 MemFree:  123 kB" the 123, by "MemFree:".
std::map<std::string_view, int64_t> KibOf(const std::string& meminfo) {
  std::map<std::string_view, int64_t> kib;
  for (const std::string_view line : SplitLines(meminfo)) {
    const std::vector<std::string_view> words = SplitWords(line);
    if (words.size() < 4) continue;
    if (const std::optional<int64_t> n = ParseInt(words[3])) kib[words[2]] = *n;
  }
  return kib;
}

std::string FullNode(int node, const std::string& meminfo) {
  std::map<std::string_view, int64_t> kib = KibOf(meminfo);
  const int64_t total = kib["MemTotal:"], free = kib["MemFree:"];
  if (total <= 0 || free > total / kFullBelow) return "";
  const int64_t files = kib["Active(file):"] + kib["Inactive(file):"];
  std::string why = "node " + std::to_string(node) + " is full: " + std::to_string(free >> 10) +
                    " of its " + std::to_string(total >> 10) + " MiB are free";
  if (files > total / kFilesAbove) {
    why += ", " + std::to_string(files >> 10) +
           " MiB are the page cache's (echo 1 > /proc/sys/vm/drop_caches empties it)";
  }
  return why;
}

// Nodes that this process may take memory from, as its status says; nothing if it doesn't.
std::optional<std::vector<int>> AllowedNodes(const std::filesystem::path& root) {
  const std::string status = ReadSmallFile(root / "proc/self/status").value_or("");
  for (const std::string_view line : SplitLines(status)) {
    const std::vector<std::string_view> words = SplitWords(line);
    if (words.size() == 2 && words[0] == "Mems_allowed_list:") return ParseList(words[1]);
  }
  return std::nullopt;
}

}  // namespace

std::string Hindrance(const std::filesystem::path& root, const PlacementPlan& plan) {
  if (std::string refused = WhyNoMemoryPolicy(); !refused.empty()) return refused;
  const std::optional<std::vector<int>> allowed = AllowedNodes(root);
  for (const int node : plan.memory_nodes) {
    if (allowed && std::find(allowed->begin(), allowed->end(), node) == allowed->end()) {
      return "node " + std::to_string(node) + " is outside the cpuset of this process";
    }
  }
  for (const int node : plan.memory_nodes) {
    const std::string folder = "node" + std::to_string(node);
    const auto text = ReadSmallFile(root / "sys/devices/system/node" / folder / "meminfo");
    if (std::string why = FullNode(node, text.value_or("")); !why.empty()) return why;
  }
  return "";
}

std::string Because(const std::string& hindrance) {
  return hindrance.empty() ? "" : " (" + hindrance + ")";
}

}  // namespace moebench
