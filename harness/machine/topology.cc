#include "harness/machine/topology.h"

#include <hwloc.h>
#include <hwloc/distances.h>

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "harness/base/error.h"
#include "harness/machine/child_trial.h"
#include "harness/machine/interleave_weights.h"
#include "harness/machine/proc_text.h"
#include "harness/machine/topology_source.h"

namespace moebench {
namespace {

struct FreeBitmap {
  void operator()(hwloc_bitmap_s* bitmap) const { hwloc_bitmap_free(bitmap); }
};
using Bitmap = std::unique_ptr<hwloc_bitmap_s, FreeBitmap>;

std::vector<int> Numbers(hwloc_const_bitmap_t bitmap) {
  std::vector<int> numbers;
  if (bitmap == nullptr || hwloc_bitmap_last(bitmap) < 0) return numbers;  // empty or infinite
  for (int n = hwloc_bitmap_first(bitmap); n >= 0; n = hwloc_bitmap_next(bitmap, n)) {
    numbers.push_back(n);
  }
  return numbers;
}

// The NUMA node whose cpus the OS counts this object among. With several local nodes (DRAM with
// HBM or CXL beside it) the lowest: memory-only nodes get the higher numbers. A node without memory
// is no hwloc object in every version, but stays in the complete nodeset.
int NodeOf(hwloc_obj_t object) {
  for (hwloc_obj_t o = object; o != nullptr; o = o->parent) {
    for (const hwloc_const_nodeset_t set : {o->nodeset, o->complete_nodeset}) {
      if (set == nullptr) continue;
      if (const int node = hwloc_bitmap_first(set); node >= 0) return node;
    }
  }
  return -1;
}

hwloc_obj_t Ancestor(hwloc_topology_t topology, hwloc_obj_t object, hwloc_obj_type_t type) {
  return hwloc_get_ancestor_obj_by_type(topology, type, object);
}

void AddPackages(hwloc_topology_t hwloc, Topology* topology) {
  for (hwloc_obj_t o = nullptr;
       (o = hwloc_get_next_obj_by_type(hwloc, HWLOC_OBJ_PACKAGE, o)) != nullptr;) {
    const char* model = hwloc_obj_get_info_by_name(o, "CPUModel");
    std::string text = model != nullptr ? model : "";
    text.erase(text.find_last_not_of(' ') + 1);
    topology->packages.push_back(
        {o->os_index == HWLOC_UNKNOWN_INDEX ? -1 : static_cast<int>(o->os_index), text});
  }
}

CoreCache FirstLevel(hwloc_topology_t hwloc, hwloc_obj_t core, hwloc_obj_type_t type) {
  const hwloc_obj_t cache = Ancestor(hwloc, core, type);
  if (cache == nullptr) return {};
  const int cores = hwloc_get_nbobjs_inside_cpuset_by_type(hwloc, cache->cpuset, core->type);
  return {static_cast<int64_t>(cache->attr->cache.size), std::max(cores, 1)};
}

void AddCore(hwloc_topology_t hwloc, hwloc_obj_t object, Topology* topology) {
  Core core;
  for (hwloc_obj_t pu = nullptr; (pu = hwloc_get_next_obj_inside_cpuset_by_type(
                                      hwloc, object->cpuset, HWLOC_OBJ_PU, pu)) != nullptr;) {
    core.cpus.push_back(static_cast<int>(pu->os_index));
  }
  if (core.cpus.empty()) return;
  core.node = NodeOf(object);
  if (const hwloc_obj_t package = Ancestor(hwloc, object, HWLOC_OBJ_PACKAGE)) {
    core.package = static_cast<int>(package->logical_index);
  }
  if (const hwloc_obj_t l3 = Ancestor(hwloc, object, HWLOC_OBJ_L3CACHE)) {
    core.l3 = static_cast<int>(l3->logical_index);
  }
  if (const hwloc_obj_t l2 = Ancestor(hwloc, object, HWLOC_OBJ_L2CACHE)) {
    core.l2 = static_cast<int>(l2->logical_index);
  }
  core.l1d = FirstLevel(hwloc, object, HWLOC_OBJ_L1CACHE);
  core.l1i = FirstLevel(hwloc, object, HWLOC_OBJ_L1ICACHE);
  topology->cores.push_back(std::move(core));
}

std::vector<CacheGroup> Caches(hwloc_topology_t hwloc, hwloc_obj_type_t type) {
  std::vector<CacheGroup> groups;
  for (hwloc_obj_t o = nullptr; (o = hwloc_get_next_obj_by_type(hwloc, type, o)) != nullptr;) {
    groups.push_back({static_cast<int64_t>(o->attr->cache.size), Numbers(o->cpuset)});
  }
  return groups;
}

void AddCores(hwloc_topology_t hwloc, Topology* topology) {
  topology->l3_groups = Caches(hwloc, HWLOC_OBJ_L3CACHE);
  topology->l2_groups = Caches(hwloc, HWLOC_OBJ_L2CACHE);
  // Some containers and emulators show PUs without cores: then each PU is a core of its own.
  const bool has_cores = hwloc_get_nbobjs_by_type(hwloc, HWLOC_OBJ_CORE) > 0;
  const hwloc_obj_type_t type = has_cores ? HWLOC_OBJ_CORE : HWLOC_OBJ_PU;
  for (hwloc_obj_t o = nullptr; (o = hwloc_get_next_obj_by_type(hwloc, type, o)) != nullptr;) {
    AddCore(hwloc, o, topology);
  }
}

void AddNodes(hwloc_topology_t hwloc, Topology* topology) {
  std::map<int, NumaNode> nodes;
  int64_t total = 0;
  for (hwloc_obj_t o = nullptr;
       (o = hwloc_get_next_obj_by_type(hwloc, HWLOC_OBJ_NUMANODE, o)) != nullptr;) {
    NumaNode& node = nodes[static_cast<int>(o->os_index)];
    node.memory_bytes = static_cast<int64_t>(o->attr->numanode.local_memory);
    total += node.memory_bytes;
    if (const hwloc_obj_t package = Ancestor(hwloc, o, HWLOC_OBJ_PACKAGE)) {
      node.package = static_cast<int>(package->logical_index);
    }
  }
  for (const Core& core : topology->cores) {
    NumaNode& node = nodes[core.node];
    node.cpus.insert(node.cpus.end(), core.cpus.begin(), core.cpus.end());
    node.package = core.package;
  }
  for (auto& [os_id, node] : nodes) {
    node.os_id = os_id;
    // Where no node tells its size (synthetic, a dump of CPUID), all may have memory.
    node.has_memory = node.memory_bytes > 0 || total == 0;
    std::sort(node.cpus.begin(), node.cpus.end());
    topology->nodes.push_back(std::move(node));
  }
}

void AddDistances(hwloc_topology_t hwloc, Topology* topology) {
  unsigned count = 1;
  hwloc_distances_s* matrix = nullptr;
  if (hwloc_distances_get_by_type(hwloc, HWLOC_OBJ_NUMANODE, &count, &matrix,
                                  HWLOC_DISTANCES_KIND_MEANS_LATENCY, 0) != 0 ||
      count == 0) {
    return;
  }
  std::map<int, size_t> place;  // os_id -> index in nodes
  for (size_t i = 0; i < topology->nodes.size(); ++i) place[topology->nodes[i].os_id] = i;
  const size_t n = topology->nodes.size();
  topology->distances.assign(n, std::vector<int>(n, 0));
  for (unsigned i = 0; i < matrix->nbobjs; ++i) {
    for (unsigned j = 0; j < matrix->nbobjs; ++j) {
      const hwloc_obj_t from = matrix->objs[i];
      const hwloc_obj_t to = matrix->objs[j];
      if (from == nullptr || to == nullptr) continue;
      const auto row = place.find(static_cast<int>(from->os_index));
      const auto column = place.find(static_cast<int>(to->os_index));
      if (row == place.end() || column == place.end()) continue;
      topology->distances[row->second][column->second] =
          static_cast<int>(matrix->values[i * matrix->nbobjs + j]);
    }
  }
  hwloc_distances_release(hwloc, matrix);
}

// With one node all memory is on it, whatever /sys says: without /sys hwloc sees none, and some
// virtual machines leave memory that was added later out of their node's account.
void AddMemoryFromProc(Topology* topology) {
  if (topology->nodes.size() != 1) return;
  const std::optional<std::string> meminfo = ReadSmallFile("/proc/meminfo");
  const std::optional<int64_t> kib = meminfo ? FindNumber(*meminfo, "MemTotal:") : std::nullopt;
  NumaNode& node = topology->nodes[0];
  if (kib) node.memory_bytes = std::max(node.memory_bytes, *kib * 1024);
}

std::vector<int> Common(const std::vector<int>& a, const std::vector<int>& b) {
  std::vector<int> both;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both));
  return both;
}

// hwloc knows the cpuset of the cgroup; taskset and numactl are asked of the process itself.
void AddAllowed(hwloc_topology_t hwloc, Topology* topology) {
  topology->allowed_cpus = Numbers(hwloc_topology_get_allowed_cpuset(hwloc));
  topology->allowed_nodes = Numbers(hwloc_topology_get_allowed_nodeset(hwloc));
  if (hwloc_topology_is_thissystem(hwloc) == 0) return;
  AddMemoryFromProc(topology);
  std::vector<int> with_memory;
  for (const NumaNode& node : topology->nodes) with_memory.push_back(node.os_id);
  topology->interleave_weights = ReadInterleaveWeights("/", with_memory);
  const Bitmap bound(hwloc_bitmap_alloc());
  if (hwloc_get_cpubind(hwloc, bound.get(), HWLOC_CPUBIND_PROCESS) == 0) {
    topology->allowed_cpus = Common(topology->allowed_cpus, Numbers(bound.get()));
  }
  const std::optional<std::string> status = ReadSmallFile("/proc/self/status");
  if (!status) return;
  for (const std::string_view line : SplitLines(*status)) {
    const std::vector<std::string_view> words = SplitWords(line);
    if (words.size() != 2 || words[0] != "Mems_allowed_list:") continue;
    if (const auto nodes = ParseList(words[1])) {
      topology->allowed_nodes = Common(topology->allowed_nodes, *nodes);
    }
  }
}

Topology Read(const TopologySource& source) {
  const LoadedTopology loaded = LoadTopology(source);
  hwloc_topology* const hwloc = loaded.hwloc.get();
  Topology topology;
  topology.source = loaded.source;
  topology.hwloc_version = HwlocVersion();
  AddPackages(hwloc, &topology);
  AddCores(hwloc, &topology);
  AddNodes(hwloc, &topology);
  AddDistances(hwloc, &topology);
  AddAllowed(hwloc, &topology);
  return topology;
}

}  // namespace

const NumaNode* Topology::FindNode(int os_id) const {
  const auto found = std::find_if(nodes.begin(), nodes.end(),
                                  [&](const NumaNode& node) { return node.os_id == os_id; });
  return found == nodes.end() ? nullptr : &*found;
}

int Topology::Distance(int from_os_id, int to_os_id) const {
  const NumaNode* from = FindNode(from_os_id);
  const NumaNode* to = FindNode(to_os_id);
  if (from == nullptr || to == nullptr || distances.size() != nodes.size()) return 0;
  return distances[static_cast<size_t>(from - nodes.data())]
                  [static_cast<size_t>(to - nodes.data())];
}

int64_t Topology::MemoryBytes() const {
  int64_t bytes = 0;
  for (const NumaNode& node : nodes) bytes += node.memory_bytes;
  return bytes;
}

int64_t Topology::L3Bytes() const {
  int64_t bytes = 0;
  for (const CacheGroup& group : l3_groups) bytes += group.bytes;
  return bytes;
}

int Topology::CpuCount() const {
  size_t count = 0;
  for (const Core& core : cores) count += core.cpus.size();
  return static_cast<int>(count);
}

Topology ReadTopology(const TopologySource& source) {
  const bool hostile = source.kind == TopologySource::Kind::kXmlFile;
  if (hostile && !EndsWellInAChild([&] { Read(source); })) {
    throw Error{"is no topology: hwloc crashes on it", source.text,
                "write one with `lstopo FILE.xml`", ExitCode::kBadData};
  }
  return Read(source);
}

Topology Restrict(Topology topology, std::vector<int> cpus, std::vector<int> nodes) {
  std::sort(cpus.begin(), cpus.end());
  std::sort(nodes.begin(), nodes.end());
  topology.allowed_cpus = Common(topology.allowed_cpus, cpus);
  topology.allowed_nodes = Common(topology.allowed_nodes, nodes);
  return topology;
}

}  // namespace moebench
