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

TEST(Doctor, SaysTheCachesOfAllCoresOnce) {
  const Topology topology =
      ReadTopology(Synthetic("numa:2 l3:1(size=33554432) l2:4(size=1048576) l1d:1(size=32768) "
                             "l1i:1(size=65536) core:1 pu:2"));
  const std::string drawing = DrawTopology(topology);
  EXPECT_THAT(drawing, HasSubstr("\neach core: L1d 32 KiB, L1i 64 KiB, L2 1 MiB\n+-"));
  EXPECT_THAT(drawing, Not(HasSubstr("{")));
}

TEST(Doctor, SaysTheCachesOfCoresThatDifferKindByKind) {
  // Two cores with an L2 each, four that share one.
  Topology topology = ReadTopology(Synthetic("numa:1 l3:1 core:6 pu:1"));
  topology.l2_groups = {{2 << 20, {0}}, {2 << 20, {1}}, {5 << 19, {2, 3, 4, 5}}};
  for (size_t i = 0; i < 6; ++i) {
    topology.cores[i].l2 = static_cast<int>(std::min<size_t>(i, 2));
    topology.cores[i].l1d = {i < 2 ? 49152 : 32768, 1};
    topology.cores[i].l1i = {65536, i < 2 ? 1 : 2};
  }
  const std::string drawing = DrawTopology(topology);
  EXPECT_THAT(drawing, Not(HasSubstr("each core:")));
  EXPECT_THAT(drawing, HasSubstr("2 cores, each: L1d 48 KiB, L1i 64 KiB, L2 2 MiB "));
  EXPECT_THAT(drawing, HasSubstr("[0][1] "));
  EXPECT_THAT(
      drawing,
      HasSubstr("4 cores, each: L1d 32 KiB, L1i 64 KiB for 2 cores, L2 2.5 MiB for 4 cores "));
  EXPECT_THAT(drawing, HasSubstr("{[2][3][4][5]}"));
  EXPECT_THAT(drawing, HasSubstr("{..} cores that share an L2"));
}

TEST(Doctor, WhatWasMeasuredStandsAtItsPart) {
  const Topology topology = ReadTopology(Synthetic("numa:2 l3:2 core:2 pu:1"));
  std::vector<BandwidthRow> rows = PlanBandwidthRows(topology);
  for (BandwidthRow& row : rows) {
    row.gbps = 10 * (row.from + 1) + row.node;
    row.cache_gbps = row.kind == BandwidthRow::Kind::kL3 ? 100 + row.from : 0;
  }
  const std::string drawing = DrawTopology(topology, rows);
  EXPECT_THAT(drawing, HasSubstr("node 0: 1.0 GiB at 10.0 GB/s, 4 cores"));
  EXPECT_THAT(drawing, HasSubstr("node 1: 1.0 GiB at 21.0 GB/s, 4 cores"));
  EXPECT_THAT(drawing, HasSubstr(": 103.0 GB/s"));
}

// One line of lstopo's for each core of a real machine says what its caches are.
TEST(Doctor, CachesOfRealMachinesAreThoseOfTheirFiles) {
  const std::vector<std::pair<const char*, const char*>> machines = {
      {"eas-tioga.xml", "L1d 32 KiB, L1i 32 KiB, L2 512 KiB"},
      {"epyc-corona.xml", "L1d 32 KiB, L1i 64 KiB, L2 512 KiB"},
      {"epyc-corona-p2.xml", "L1d 32 KiB, L1i 32 KiB, L2 512 KiB"},
      {"ipa20.xml", "L1d 48 KiB, L1i 32 KiB, L2 2 MiB"},
      {"threadripper-2990wx-chimera.xml", "L1d 32 KiB, L1i 64 KiB, L2 512 KiB"},
      {"tuo.SPX.xml", "L1d 32 KiB, L1i 32 KiB, L2 1 MiB"},
      {"AMD-17h-Zen-2xEpyc-7451.with-numa-pre61ec8b937.xml", "L1d 32 KiB, L1i 64 KiB, L2 512 KiB"}};
  for (const auto& [file, caches] : machines) {
    const std::filesystem::path path = MachineFile(file);
    if (path.empty()) GTEST_SKIP() << "shared/data/hwloc is not here";
    EXPECT_THAT(DrawTopology(ReadTopology(XmlFile(path))),
                HasSubstr(std::string("\neach core: ") + caches + "\n"))
        << file;
  }
}

TEST(Doctor, DrawsEveryRealMachineWithinAHundredColumns) {
  if (AllMachineFiles().empty()) GTEST_SKIP() << "shared/data/hwloc is not here";
  for (const std::filesystem::path& path : AllMachineFiles()) {
    Topology topology = ReadTopology(XmlFile(path));
    topology.source = path.filename().string();
    std::vector<BandwidthRow> rows = PlanBandwidthRows(topology);
    for (BandwidthRow& row : rows) row.gbps = row.cache_gbps = 1234.5;
    const std::string drawing = DrawTopology(topology, rows);
    EXPECT_LE(WidestLine(drawing), 100u) << drawing;
  }
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
  EXPECT_EQ(json["topology"]["l2_groups"].size(), report.topology.l2_groups.size());
  EXPECT_TRUE(json["topology"]["nodes"][0]["cores"][0].contains("l1d"));
  EXPECT_FALSE(json.contains("bandwidth"));
  EXPECT_EQ(json["findings"].size(), report.lines.size());
  EXPECT_EQ(json["machine"]["schema"], "moebench.machine/1");
}

TEST(Doctor, JsonListsEveryFigure) {
  DoctorReport report;
  report.topology = ReadTopology(Synthetic("numa:2 l3:2 core:2 pu:1"));
  report.bandwidth = PlanBandwidthRows(report.topology);
  for (BandwidthRow& row : report.bandwidth) row.gbps = 12.5;
  report.bandwidth[0].cache_gbps = 50;
  report.bandwidth[1].gbps = 0;
  report.bandwidth[1].unavailable = "refused";
  const auto rows = nlohmann::json::parse(DoctorJson(report))["bandwidth"];
  ASSERT_EQ(rows.size(), report.bandwidth.size());
  EXPECT_EQ(rows[0]["kind"], "node_pair");
  EXPECT_EQ(rows[0]["cache_gbps"], 50);
  EXPECT_TRUE(rows[1]["gbps"].is_null());
  EXPECT_EQ(rows[1]["unavailable"], "refused");
  EXPECT_EQ(rows[4]["kind"], "l3");
  EXPECT_EQ(rows.back()["kind"], "all");
  EXPECT_TRUE(rows.back()["from"].is_null());
}

}  // namespace
}  // namespace moebench
