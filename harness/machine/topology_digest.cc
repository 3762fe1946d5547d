// The digest of topology.h: every field that a measurement here may depend on, as text, hashed.
#include "harness/base/hash.h"
#include "harness/machine/proc_text.h"
#include "harness/machine/topology.h"

namespace moebench {
namespace {

constexpr size_t kDigits = 16;

std::string TextOf(const std::vector<CacheGroup>& caches) {
  std::string text;
  for (const CacheGroup& cache : caches) {
    text += std::to_string(cache.bytes) + ':' + FormatList(cache.cpus) + ' ';
  }
  return text;
}

std::string TextOf(const Core& core) {
  std::string text = "core";
  for (const int cpu : core.cpus) text += ' ' + std::to_string(cpu);
  for (const int64_t n : {int64_t{core.node}, int64_t{core.package}, int64_t{core.l3},
                          int64_t{core.l2}, core.l1d.bytes, core.l1i.bytes}) {
    text += ',' + std::to_string(n);
  }
  return text + '\n';
}

}  // namespace

std::string TopologyDigest(const Topology& topology) {
  std::string text = "cpus " + FormatList(topology.allowed_cpus) + "\nmemory of " +
                     FormatList(topology.allowed_nodes) + "\nL3 " + TextOf(topology.l3_groups) +
                     "\nL2 " + TextOf(topology.l2_groups) + '\n';
  for (const NumaNode& node : topology.nodes) {
    text += "node " + std::to_string(node.os_id) + (node.has_memory ? " with" : " without") +
            " memory, package " + std::to_string(node.package) + '\n';
  }
  for (const Core& core : topology.cores) text += TextOf(core);
  for (const std::vector<int>& row : topology.distances) {
    for (const int distance : row) text += ' ' + std::to_string(distance);
    text += '\n';
  }
  return Sha256Hex(text).substr(0, kDigits);
}

}  // namespace moebench
