#include "harness/machine/testing/fake_machine.h"

#include <cstdlib>
#include <vector>

#include "harness/machine/proc_text.h"

namespace moebench {
namespace {

constexpr char kCpu[] = "sys/devices/system/cpu/";

struct Numbers {  // of one logical cpu
  int cpu = 0, core = 0, l3 = 0, node = 0, package = 0;
};

// Siblings have the numbers n and n + cores, as Linux counts on x86.
std::vector<Numbers> AllCpus(const FakeMachine& m) {
  const int cores = m.packages * m.nodes_per_package * m.l3_per_node * m.cores_per_l3;
  std::vector<Numbers> cpus;
  for (int thread = 0; thread < m.smt; ++thread) {
    for (int core = 0; core < cores; ++core) {
      const int l3 = core / m.cores_per_l3, node = l3 / m.l3_per_node;
      cpus.push_back({thread * cores + core, core, l3, node, node / m.nodes_per_package});
    }
  }
  return cpus;
}

// "00000000,0000000f", as many words as the cpus need.
std::string Mask(const std::vector<Numbers>& cpus, int Numbers::*which, int value) {
  std::vector<uint32_t> words((cpus.size() + 31) / 32);
  for (const Numbers& n : cpus) {
    if (n.*which == value) words[static_cast<size_t>(n.cpu) / 32] |= 1u << (n.cpu % 32);
  }
  std::string text;
  for (size_t i = words.size(); i-- > 0;) {
    char word[12];
    std::snprintf(word, sizeof word, "%08x%s", words[i], i > 0 ? "," : "\n");
    text += word;
  }
  return text;
}

std::string List(const std::vector<Numbers>& cpus, int Numbers::*which, int value) {
  std::vector<int> numbers;
  for (const Numbers& n : cpus) {
    if (n.*which == value) numbers.push_back(n.cpu);
  }
  return FormatList(numbers) + "\n";
}

void WriteCpu(const FakeMachine& m, const std::vector<Numbers>& all, const Numbers& n,
              FakeTree* tree) {
  const std::string folder = kCpu + ("cpu" + std::to_string(n.cpu)) + '/';
  const std::string topology = folder + "topology/", cache = folder + "cache/index3/";
  tree->Write(folder + "online", "1\n");
  tree->Write(topology + "physical_package_id", std::to_string(n.package) + "\n");
  tree->Write(topology + "core_id", std::to_string(n.core) + "\n");
  for (const char* name : {"core_cpus", "thread_siblings"}) {
    tree->Write(topology + name, Mask(all, &Numbers::core, n.core));
  }
  for (const char* name : {"package_cpus", "core_siblings"}) {
    tree->Write(topology + name, Mask(all, &Numbers::package, n.package));
  }
  tree->Write(cache + "level", "3\n");
  tree->Write(cache + "type", "Unified\n");
  tree->Write(cache + "size", std::to_string(m.l3_kib) + "K\n");
  tree->Write(cache + "coherency_line_size", "64\n");
  tree->Write(cache + "shared_cpu_map", Mask(all, &Numbers::l3, n.l3));
  if (!m.frequency_control) return;
  tree->Write(folder + "cpufreq/scaling_governor", "performance\n");
  tree->Write(folder + "cpufreq/scaling_driver", "amd-pstate-epp\n");
}

void WriteNodes(const FakeMachine& m, const std::vector<Numbers>& all, FakeTree* tree) {
  const int nodes = m.packages * m.nodes_per_package;
  const std::string folder = "sys/devices/system/node/";
  std::string range = nodes > 1 ? "0-" + std::to_string(nodes - 1) + "\n" : "0\n";
  for (const char* name : {"online", "possible", "has_memory", "has_cpu", "has_normal_memory"}) {
    tree->Write(folder + name, range);
  }
  for (int node = 0; node < nodes; ++node) {
    const std::string own = folder + "node" + std::to_string(node) + '/';
    tree->Write(own + "cpumap", Mask(all, &Numbers::node, node));
    tree->Write(own + "cpulist", List(all, &Numbers::node, node));
    tree->Write(own + "meminfo", "Node " + std::to_string(node) +
                                     " MemTotal: " + std::to_string(m.node_kib) + " kB\n");
    std::string distances;
    for (int other = 0; other < nodes; ++other) {
      const bool same_package = other / m.nodes_per_package == node / m.nodes_per_package;
      distances += (other > 0 ? " " : "") + std::string(other == node  ? "10"
                                                        : same_package ? "12"
                                                                       : "32");
    }
    tree->Write(own + "distance", distances + "\n");
  }
}

}  // namespace

FakeMachine EpycNps1() {
  return {.cpu_model = "AMD EPYC 9655 96-Core Processor",
          .flags = "fma avx2 avx512f avx512_vnni avx512_bf16",
          .packages = 2,
          .l3_per_node = 12,
          .cores_per_l3 = 2,
          .smt = 2};
}
FakeMachine EpycNps4() {
  FakeMachine m = EpycNps1();
  m.nodes_per_package = 4;
  m.l3_per_node = 3;
  return m;
}
FakeMachine EpycL3AsNuma() {
  FakeMachine m = EpycNps1();
  m.nodes_per_package = 12;
  m.l3_per_node = 1;
  return m;
}
FakeMachine IntelTwoSockets() {
  return {.cpu_model = "Intel(R) Xeon(R) Platinum 8480+",
          .flags = "fma avx2 avx512f avx512_vnni amx_tile amx_int8 amx_bf16",
          .packages = 2,
          .cores_per_l3 = 14,
          .smt = 2,
          .l3_kib = 107520};
}
FakeMachine OneNodeVm() {
  return {.cpu_model = "AMD EPYC",
          .flags = "fma avx2 hypervisor",
          .cores_per_l3 = 4,
          .frequency_control = false};
}
FakeMachine ContainerWithoutSys() {
  FakeMachine m = OneNodeVm();
  m.sys = false;
  return m;
}

void WriteFakeMachine(const FakeMachine& m, FakeTree* tree) {
  const std::vector<Numbers> cpus = AllCpus(m);
  std::string cpuinfo;
  for (const Numbers& n : cpus) {
    cpuinfo +=
        "processor\t: " + std::to_string(n.cpu) + "\nmodel name\t: " + m.cpu_model +
        "\nstepping\t: 1\nmicrocode\t: 0xb101021\nphysical id\t: " + std::to_string(n.package) +
        "\ncore id\t\t: " + std::to_string(n.core) + "\nflags\t\t: " + m.flags + "\n\n";
  }
  tree->Write("proc/cpuinfo", cpuinfo);
  const int64_t nodes = int64_t{m.packages} * m.nodes_per_package;
  tree->Write("proc/meminfo",
              "MemTotal: " + std::to_string(nodes * m.node_kib) + " kB\nSwapTotal: 0 kB\n");
  tree->Write("proc/sys/kernel/osrelease", "6.1.0\n");
  tree->Write("proc/sys/kernel/numa_balancing", nodes > 1 ? "1\n" : "0\n");
  tree->Write("proc/loadavg", "0.00 0.00 0.00 1/900 7\n");
  if (!m.sys) return;
  const std::string range = cpus.size() > 1 ? "0-" + std::to_string(cpus.size() - 1) + "\n" : "0\n";
  for (const char* name : {"online", "possible", "present"})
    tree->Write(kCpu + std::string(name), range);
  for (const Numbers& n : cpus) WriteCpu(m, cpus, n, tree);
  WriteNodes(m, cpus, tree);
  tree->Write(kCpu + std::string("smt/active"), m.smt > 1 ? "1\n" : "0\n");
  tree->Write("sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
}

Topology ReadFakeTopology(const FakeTree& tree) {
  setenv("HWLOC_FSROOT", tree.root().c_str(), 1);
  setenv("HWLOC_COMPONENTS", "linux,stop", 1);  // the cpu itself must not be asked
  const auto forget = [] {
    unsetenv("HWLOC_FSROOT");
    unsetenv("HWLOC_COMPONENTS");
  };
  try {
    Topology topology = ReadTopology(ThisMachine());
    forget();
    return topology;
  } catch (...) {
    forget();
    throw;
  }
}

}  // namespace moebench
