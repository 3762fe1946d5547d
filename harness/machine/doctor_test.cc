#include "harness/machine/doctor.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/base/error.h"
#include "harness/machine/test_machines.h"

namespace moebench {
namespace {

using testing::HasSubstr;
using testing::Not;

Topology SmallEpyc() { return ReadTopology(Synthetic("pack:2 numa:2 l3:2 core:2 pu:2")); }

MachineState State(std::vector<std::pair<std::string, std::string>> values) {
  MachineState state;
  for (auto& [name, value] : values) {
    state.items.push_back({name, value, "", StateKind::kFingerprint});
  }
  return state;
}

DoctorLine Find(const std::vector<DoctorLine>& lines, const std::string& topic) {
  const auto found = std::find_if(lines.begin(), lines.end(),
                                  [&](const DoctorLine& line) { return line.topic == topic; });
  return found == lines.end() ? DoctorLine{} : *found;
}

size_t WidestLine(const std::string& text) {
  size_t widest = 0;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    widest = std::max(widest, end - begin);
    begin = end + 1;
  }
  return widest;
}

TEST(Doctor, NamesWhatToChangeAndHow) {
  const auto lines =
      DoctorLines(SmallEpyc(), State({{"cpu.governor", "powersave"}, {"numa_balancing", "1"}}), "");
  const DoctorLine governor = Find(lines, "cpu governor");
  EXPECT_EQ(governor.status, DoctorStatus::kAdvice);
  EXPECT_THAT(governor.command, HasSubstr("performance"));
  EXPECT_THAT(Find(lines, "NUMA balancing").command, HasSubstr("numa_balancing=0"));
}

TEST(Doctor, IsContentWithWhatIsAsWanted) {
  const auto lines = DoctorLines(
      SmallEpyc(), State({{"cpu.governor", "performance"}, {"thp.enabled", "madvise"}}), "");
  EXPECT_EQ(Find(lines, "cpu governor").status, DoctorStatus::kFine);
  EXPECT_EQ(Find(lines, "transparent huge pages").status, DoctorStatus::kFine);
  EXPECT_EQ(Find(lines, "usable cpus").status, DoctorStatus::kFine);
}

TEST(Doctor, BalancingIsNoMatterOnOneNode) {
  const Topology one = ReadTopology(Synthetic("numa:1 core:2 pu:1"));
  EXPECT_EQ(Find(DoctorLines(one, State({{"numa_balancing", "1"}}), ""), "NUMA balancing").status,
            DoctorStatus::kFine);
}

TEST(Doctor, SaysUnavailableWithTheReason) {
  MachineState state;
  state.items.push_back({"cpu.governor", "", "a VM", StateKind::kFingerprint});
  const DoctorLine line = Find(DoctorLines(SmallEpyc(), state, ""), "cpu governor");
  EXPECT_EQ(line.value, "unavailable(a VM)");
  EXPECT_EQ(line.status, DoctorStatus::kUnknown);
}

TEST(Doctor, RestrictedProcessesAreToldSo) {
  const auto lines =
      DoctorLines(Restrict(SmallEpyc(), {0, 1}, {0}), State({}), "mbind: not permitted");
  EXPECT_EQ(Find(lines, "usable cpus").value, "0-1 of 32");
  EXPECT_EQ(Find(lines, "usable memory nodes").status, DoctorStatus::kAdvice);
  EXPECT_THAT(Find(lines, "memory policy").command, HasSubstr("SYS_NICE"));
}

TEST(Doctor, DrawsNodesCachesAndCores) {
  const std::string drawing = DrawTopology(Restrict(SmallEpyc(), {0, 1, 2, 3}, {0}));
  EXPECT_THAT(drawing, HasSubstr("2 packages, 4 NUMA nodes, 16 cores, 32 cpus"));
  EXPECT_THAT(drawing, HasSubstr("node 3"));
  EXPECT_THAT(drawing, HasSubstr("[ 0  1][ 2  3]"));
  EXPECT_THAT(drawing, HasSubstr("  4  5   6  7 "));
  EXPECT_THAT(drawing, HasSubstr("memory not usable here"));
}

TEST(Doctor, DrawsEveryRealMachineWithinAHundredColumns) {
  int machines = 0;
  for (const std::filesystem::path& path : AllMachineFiles()) {
    try {
      Topology topology = ReadTopology(XmlFile(path));
      topology.source = path.filename().string();
      EXPECT_LE(WidestLine(DrawTopology(topology)), 100u) << DrawTopology(topology);
      ++machines;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("hwloc 3"));
    }
  }
  if (machines == 0) GTEST_SKIP() << "shared/data/hwloc is not here";
}

TEST(Doctor, DrawingTellsSharedCachesMissingMemoryAndDistances) {
  const std::filesystem::path xeon = MachineFile("ipa20.xml");
  const std::filesystem::path threadripper = MachineFile("threadripper-2990wx-chimera.xml");
  if (xeon.empty() || threadripper.empty()) GTEST_SKIP() << "shared/data/hwloc is not here";
  const std::string drawing = DrawTopology(ReadTopology(XmlFile(xeon)));
  EXPECT_THAT(drawing, HasSubstr("L3 105 MiB, shared with other nodes"));
  EXPECT_THAT(drawing, HasSubstr("     0  10  12  12  12  21  21  21  21"));
  EXPECT_THAT(DrawTopology(ReadTopology(XmlFile(threadripper))),
              HasSubstr("node 1: no memory, 8 cores"));
}

TEST(Doctor, ExaminesThisMachineForPeopleAndPrograms) {
  const DoctorReport report = ExamineThisMachine();
  const std::string text = RenderDoctor(report, false);
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, HasSubstr("memory policy"));
  EXPECT_THAT(RenderDoctor(report, true), HasSubstr("\x1b["));
  const auto json = nlohmann::json::parse(DoctorJson(report));
  EXPECT_EQ(json["schema"], "moebench.doctor/1");
  EXPECT_EQ(json["topology"]["allowed_cpus"].size(), report.topology.allowed_cpus.size());
  EXPECT_EQ(json["findings"].size(), report.lines.size());
  EXPECT_EQ(json["machine"]["schema"], "moebench.machine/1");
}

}  // namespace
}  // namespace moebench
