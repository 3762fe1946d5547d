#include "harness/machine/node_memory.h"

#include <unistd.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <string_view>

#include "harness/machine/placement_name.h"
#include "harness/machine/proc_text.h"

namespace moebench {
namespace {

// Of the lines "Node 3 MemFree:  123 kB" of one node's meminfo the sum of those with these keys, in
// bytes; nothing if one of them is not there.
std::optional<int64_t> SumOf(const std::string& meminfo,
                             const std::vector<std::string_view>& keys) {
  int64_t sum = 0;
  size_t found = 0;
  for (const std::string_view line : SplitLines(meminfo)) {
    const std::vector<std::string_view> words = SplitWords(line);
    if (words.size() < 4 || std::find(keys.begin(), keys.end(), words[2]) == keys.end()) continue;
    const std::optional<int64_t> kib = ParseInt(words[3]);
    if (!kib || *kib < 0) return std::nullopt;
    sum += *kib * 1024;
    ++found;
  }
  return found == keys.size() ? std::optional(sum) : std::nullopt;
}

// "Node 3, zone Normal" and its "min 123": pages of each node that only the kernel may take.
std::map<int, int64_t> PagesKept(const std::string& zoneinfo) {
  std::map<int, int64_t> pages;
  int node = -1;
  for (const std::string_view line : SplitLines(zoneinfo)) {
    const std::vector<std::string_view> words = SplitWords(line);
    if (words.size() < 2) continue;
    if (words[0] == "Node") {
      node = static_cast<int>(ParseInt(words[1].substr(0, words[1].find(','))).value_or(-1));
    } else if (words[0] == "min") {
      pages[node] += ParseInt(words[1]).value_or(0);
    }
  }
  return pages;
}

std::string Mebibytes(int64_t bytes) { return std::to_string(bytes >> 20) + " MiB"; }

int64_t Part(int64_t bytes, int64_t share, int64_t of) {
  return static_cast<int64_t>(static_cast<double>(bytes) * static_cast<double>(share) /
                              static_cast<double>(of));
}

}  // namespace

std::map<int, int64_t> ReadNodeFree(const std::filesystem::path& root,
                                    const std::vector<int>& nodes) {
  std::map<int, int64_t> free;
  std::map<int, int64_t> kept = PagesKept(ReadSmallFile(root / "proc/zoneinfo").value_or(""));
  for (const int node : nodes) {
    const std::string folder = "node" + std::to_string(node);
    const auto text = ReadSmallFile(root / "sys/devices/system/node" / folder / "meminfo");
    const auto bytes =
        text ? SumOf(*text, {"MemFree:", "Active(file):", "Inactive(file):"}) : std::nullopt;
    if (bytes) free[node] = std::max<int64_t>(0, *bytes - kept[node] * sysconf(_SC_PAGESIZE));
  }
  return free;
}

std::map<int, int64_t> PredictNodeBytes(const PlacementPlan& plan, int64_t rows_bytes,
                                        int64_t shared_bytes) {
  std::map<int, int64_t> bytes;
  if (PolicyOf(plan.policy) == "none" || plan.memory_nodes.empty()) return bytes;
  std::vector<int> weights = plan.node_weights;
  if (weights.size() != plan.memory_nodes.size()) weights.assign(plan.memory_nodes.size(), 1);
  const int64_t sum = std::accumulate(weights.begin(), weights.end(), int64_t{0});
  const bool by_thread = !plan.thread_nodes.empty();
  for (size_t i = 0; i < weights.size(); ++i) {
    bytes[plan.memory_nodes[i]] =
        Part(shared_bytes + (by_thread ? 0 : rows_bytes), weights[i], sum);
  }
  std::vector<int> holders = plan.thread_nodes;
  if (PolicyOf(plan.policy) == "expert-shard") {  // nearly all rows are experts'
    std::sort(holders.begin(), holders.end());
    holders.erase(std::unique(holders.begin(), holders.end()), holders.end());
  }
  for (const int node : holders) {
    bytes[node] += Part(rows_bytes, 1, static_cast<int64_t>(holders.size()));
  }
  return bytes;
}

std::string NodeShortage(const std::map<int, int64_t>& predicted,
                         const std::map<int, int64_t>& free) {
  std::string worst;
  int64_t most = 0;
  for (const auto& [node, bytes] : predicted) {
    const auto found = free.find(node);
    if (found == free.end() || bytes - found->second <= most) continue;
    most = bytes - found->second;
    worst = "node " + std::to_string(node) + " is full: it would hold " + Mebibytes(bytes) +
            " and has " + Mebibytes(found->second) + " to give";
  }
  return worst;
}

int64_t HugePageBytes(const std::string& smaps_rollup) {
  const std::optional<int64_t> anonymous = FindNumber(smaps_rollup, "AnonHugePages:");
  if (!anonymous) return -1;
  return 1024 * (*anonymous + FindNumber(smaps_rollup, "Private_Hugetlb:").value_or(0));
}

}  // namespace moebench
