#include "harness/machine/fingerprint.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/base/clock.h"
#include "harness/machine/fake_tree.h"

namespace moebench {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

const char kSys[] = "sys/devices/system/cpu/";

void WriteCpu(FakeTree* tree, const std::string& model, const std::string& flags) {
  tree->Write("proc/cpuinfo", "processor\t: 0\nmodel name\t: " + model +
                                  "\nstepping\t: 1\nmicrocode\t: 0xa10113e\nflags\t\t: " + flags +
                                  "\n\nprocessor\t: 1\nmodel name\t: other\n");
}

// 2 sockets in NPS4 with frequency control.
void WriteEpyc(FakeTree* tree) {
  WriteCpu(tree, "AMD EPYC 9555 64-Core Processor", "fma avx2 avx512f avx512_vnni avx512_bf16");
  for (int cpu = 0; cpu < 4; ++cpu) {
    const std::string folder = kSys + ("cpu" + std::to_string(cpu)) + "/cpufreq/";
    tree->Write(folder + "scaling_governor", cpu == 3 ? "powersave\n" : "performance\n");
    tree->Write(folder + "scaling_driver", "amd-pstate-epp\n");
  }
  tree->Write(kSys + std::string("cpufreq/boost"), "1\n");
  tree->Write(kSys + std::string("cpu0/cpuidle/state0/name"), "POLL\n");
  tree->Write(kSys + std::string("cpu0/cpuidle/state1/name"), "C1\n");
  tree->Write(kSys + std::string("cpu0/cpuidle/state2/name"), "C2\n");
  tree->Write(kSys + std::string("cpu0/cpuidle/state2/disable"), "1\n");
  tree->Write(kSys + std::string("smt/active"), "1\n");
  tree->Write(kSys + std::string("vulnerabilities/srso"), "Vulnerable: no microcode\n");
  tree->Write(kSys + std::string("vulnerabilities/mds"), "Not affected\n");
  tree->Write("sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
  tree->Write("sys/class/hwmon/hwmon2/name", "k10temp\n");
  tree->Write("sys/class/hwmon/hwmon2/temp1_input", "41250\n");
  tree->Write("proc/meminfo", "MemTotal: 1584822000 kB\nSwapTotal: 0 kB\n");
  tree->Write("proc/sys/kernel/numa_balancing", "1\n");
  tree->Write("proc/cmdline", "BOOT_IMAGE=/vmlinuz root=UUID=secret nohz_full=2-127 quiet\n");
  tree->Write("proc/self/environ", std::string("HOME=/root\0OMP_NUM_THREADS=4\0", 29));
  tree->Write("proc/loadavg", "0.10 0.20 0.30 1/900 7\n");
}

Topology Epyc() { return ReadTopology(Synthetic("pack:2 numa:4 l3:2 core:4 pu:2")); }
Topology OneNode() { return ReadTopology(Synthetic("pack:1 numa:1 l3:1 core:2 pu:1")); }

TEST(Fingerprint, OfATwoSocketEpyc) {
  FakeTree tree("fingerprint_epyc");
  WriteEpyc(&tree);
  const MachineState state = ReadMachineState(tree.root(), Epyc());
  EXPECT_EQ(state.Value("cpu.model"), "AMD EPYC 9555 64-Core Processor");
  EXPECT_THAT(state.Value("cpu.flags"),
              StartsWith("avx2 fma avx512f avx512_vnni avx512_bf16 all:"));
  EXPECT_EQ(state.Value("cpu.hypervisor"), "no");
  EXPECT_EQ(state.Value("cpu.governor"), "performance x 3, powersave x 1");
  EXPECT_EQ(state.Value("cpu.frequency_driver"), "amd-pstate-epp");
  EXPECT_EQ(state.Value("cpu.boost"), "on");
  EXPECT_EQ(state.Value("cpu.idle_states"), "POLL C1 C2(off)");
  EXPECT_EQ(state.Value("topology.nodes_per_socket"), "4 per package");
  EXPECT_EQ(state.Value("topology.l3"), "16 x 16 MiB");
  EXPECT_EQ(state.Value("smt.active"), "on");
  EXPECT_EQ(state.Value("thp.enabled"), "madvise");
  EXPECT_EQ(state.Value("memory.total"), "1511 GiB");
  EXPECT_EQ(state.Value("temperature"), "41.25 C");
  EXPECT_THAT(state.Value("mitigations"), HasSubstr("open: srso"));
  EXPECT_EQ(state.Value("environment"), "OMP_NUM_THREADS=4");
}

TEST(Fingerprint, KeepsOnlyWhatChangesSpeedOfTheCommandLine) {
  FakeTree tree("fingerprint_cmdline");
  WriteEpyc(&tree);
  EXPECT_EQ(ReadMachineState(tree.root(), Epyc()).Value("kernel.command_line"), "nohz_full=2-127");
}

TEST(Fingerprint, OfAOneNodeVirtualMachineNamesWhatAVmDoesNotShow) {
  FakeTree tree("fingerprint_vm");
  WriteCpu(&tree, "AMD EPYC", "fma avx2 hypervisor");
  tree.Write(kSys + std::string("cpu0/online"), "1\n");
  const MachineState state = ReadMachineState(tree.root(), OneNode());
  EXPECT_EQ(state.Value("cpu.hypervisor"), "yes");
  EXPECT_EQ(state.Value("topology.nodes_per_socket"), "1 per package");
  EXPECT_THAT(state.Find("cpu.governor")->unavailable, HasSubstr("a VM"));
  EXPECT_THAT(state.Find("topology.distances")->unavailable, HasSubstr("one node"));
}

TEST(Fingerprint, InAContainerWithoutSysEveryItemHasAValueOrAReason) {
  FakeTree tree("fingerprint_container");
  WriteCpu(&tree, "Intel(R) Xeon(R) Platinum 8480+", "avx2 amx_tile");
  const MachineState state = ReadMachineState(tree.root(), OneNode());
  EXPECT_GE(state.items.size(), 35u);
  for (const StateItem& item : state.items) {
    EXPECT_NE(item.value.empty(), item.unavailable.empty()) << item.name;
  }
  EXPECT_THAT(state.Find("thp.enabled")->unavailable, HasSubstr("No such file"));
  EXPECT_THAT(state.Find("cpu.governor")->unavailable, HasSubstr("/sys is not there"));
}

TEST(Fingerprint, AnEmptyRootIsAllReasons) {
  FakeTree tree("fingerprint_empty");
  const MachineState state = ReadMachineState(tree.root(), OneNode());
  EXPECT_THAT(state.Find("cpu.model")->unavailable, HasSubstr("No such file"));
}

TEST(Fingerprint, NodePerCacheIsRecognised) {
  FakeTree tree("fingerprint_l3");
  const MachineState state =
      ReadMachineState(tree.root(), ReadTopology(Synthetic("pack:2 numa:4 l3:1 core:4 pu:2")));
  EXPECT_EQ(state.Value("topology.nodes_per_socket"), "one node per L3");
}

TEST(Fingerprint, HashChangesWithTheMachineAndNotWithItsLoad) {
  FakeTree tree("fingerprint_hash");
  WriteEpyc(&tree);
  const std::string hash = FingerprintHash(ReadMachineState(tree.root(), Epyc()));
  tree.Write("proc/loadavg", "9.10 0.20 0.30 1/900 7\n");
  tree.Write("sys/class/hwmon/hwmon2/temp1_input", "71250\n");
  EXPECT_EQ(FingerprintHash(ReadMachineState(tree.root(), Epyc())), hash);
  tree.Write("proc/sys/kernel/numa_balancing", "0\n");
  EXPECT_NE(FingerprintHash(ReadMachineState(tree.root(), Epyc())), hash);
}

TEST(Fingerprint, HashDoesNotDependOnOrderOrTheWordsOfAReason) {
  MachineState state;
  state.items = {{"a", "1", "", StateKind::kFingerprint},
                 {"b", "", "no file", StateKind::kFingerprint}};
  const std::string hash = FingerprintHash(state);
  std::reverse(state.items.begin(), state.items.end());
  state.items[0].unavailable = "not permitted";
  EXPECT_EQ(FingerprintHash(state), hash);
}

TEST(Fingerprint, JsonSurvivesHostileBytes) {
  FakeTree tree("fingerprint_hostile");
  WriteCpu(&tree, "\xff\xfe\"\\<script>" + std::string(5000, 'x'), "");
  const MachineState state = ReadMachineState(tree.root(), OneNode());
  const auto json = nlohmann::json::parse(FingerprintJson(state));
  EXPECT_EQ(json["schema"], "moebench.machine/1");
  EXPECT_EQ(json["hash"], FingerprintHash(state));
  EXPECT_LE(json["items"]["cpu.model"]["value"].get<std::string>().size(), 1010u);
  EXPECT_EQ(json["items"]["cpu.model"]["kind"], "F");
}

TEST(Fingerprint, ThisMachineIsReadQuickly) {
  const Topology topology = ReadTopology(ThisMachine());
  const int64_t start_ns = NowNs();
  const MachineState state = ReadMachineState("/", topology);
  EXPECT_LT(static_cast<double>(NowNs() - start_ns) / 1e6, 200.0);
  EXPECT_NE(state.Value("kernel.release"), "");
}

}  // namespace
}  // namespace moebench
