#include "harness/machine/topology_xml.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <random>

#include "harness/base/error.h"
#include "harness/base/files.h"
#include "harness/machine/doctor.h"
#include "harness/machine/instance_plan.h"
#include "harness/machine/placement_plan.h"
#include "harness/machine/test_machines.h"
#include "harness/machine/topology.h"

namespace moebench {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

// One core with two cpus on one node, as hwloc 3 would write it: ids, an inclusive cache, a memory
// tier and facts of the whole machine behind the root object.
constexpr const char* kVersion3 = R"(<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE topology SYSTEM "hwloc2.dtd">
<topology version="3.0">
  <object type="Machine" os_index="0" cpuset="0x3" complete_cpuset="0x3" allowed_cpuset="0x3" nodeset="0x1" complete_nodeset="0x1" allowed_nodeset="0x1" gp_index="1" id="obj1">
    <object type="NUMANode" os_index="0" cpuset="0x3" complete_cpuset="0x3" nodeset="0x1" complete_nodeset="0x1" gp_index="5" id="obj5" local_memory="1073741824"/>
    <object type="L2Cache" cpuset="0x3" complete_cpuset="0x3" nodeset="0x1" complete_nodeset="0x1" gp_index="6" id="obj6" cache_size="1048576" depth="2" cache_linesize="64" cache_associativity="8" cache_type="0" cache_inclusive="1">
      <object type="Core" os_index="0" cpuset="0x3" complete_cpuset="0x3" nodeset="0x1" complete_nodeset="0x1" gp_index="2" id="obj2">
        <object type="PU" os_index="0" cpuset="0x1" complete_cpuset="0x1" nodeset="0x1" complete_nodeset="0x1" gp_index="3" id="obj3"/>
        <object type="PU" os_index="1" cpuset="0x2" complete_cpuset="0x2" nodeset="0x1" complete_nodeset="0x1" gp_index="4" id="obj4"/>
      </object>
    </object>
  </object>
  <memtier kinds="2" nodeset="0x1"/>
  <info name="PageSizes" value="4096,2097152"/>
</topology>
)";

class XmlTopology : public testing::Test {
 protected:
  fs::path file_ = fs::path(testing::TempDir()) / ("topology" + std::to_string(getpid()) + ".xml");
  void TearDown() override { fs::remove(file_); }

  Topology Read(const std::string& xml) {
    WriteFileAtomically(file_, xml);
    return ReadTopology(XmlFile(file_));
  }
  std::string Refusal(const std::string& xml) {
    try {
      Read(xml);
      return "";
    } catch (const Error& error) {
      return error.what();
    }
  }
};

std::string Replaced(std::string text, const std::string& old, const std::string& with) {
  const size_t at = text.find(old);
  return at == std::string::npos ? text : text.replace(at, old.size(), with);
}

TEST(TopologyXml, VersionIsThatOfTheTag) {
  EXPECT_EQ(XmlVersion(kVersion3), "3.0");
  EXPECT_EQ(XmlVersion("<topology a=\"b\" version=\"2.1\">"), "2.1");
  for (const char* none : {"", "<topology>", "<topology version=>", "<topology version=\"3.0",
                           "<topology version=\"three\">", "<topology version=\"3.000000000\">",
                           "<topology ><object version=\"3.0\"/>"}) {
    EXPECT_EQ(XmlVersion(none), "") << none;
    EXPECT_EQ(WithXmlVersion(none, "2.0"), none);
  }
  EXPECT_EQ(WithXmlVersion("<topology version=\"3.0\">", "2.0"), "<topology version=\"2.0\">");
}

TEST(TopologyXml, ObjectsAreCountedByTheirWholeType) {
  EXPECT_EQ(CountXmlObjects(kVersion3, "PU"), 2);
  EXPECT_EQ(CountXmlObjects(kVersion3, "NUMANode"), 1);
  EXPECT_EQ(CountXmlObjects(kVersion3, "P"), 0);
}

TEST_F(XmlTopology, OfHwloc3IsReadAndSaysSo) {
  const Topology topology = Read(kVersion3);
  EXPECT_THAT(topology.source, HasSubstr("hwloc 3"));
  ASSERT_EQ(topology.cores.size(), 1u);
  EXPECT_EQ(topology.cores[0].cpus.size(), 2u);
  EXPECT_EQ(topology.nodes[0].memory_bytes, int64_t{1} << 30);
  ASSERT_EQ(topology.l2_groups.size(), 1u);
  EXPECT_EQ(topology.l2_groups[0].bytes, int64_t{1} << 20);
}

TEST_F(XmlTopology, OfHwloc3ThatWouldLoseSomethingIsRefusedWithTheRemedy) {
  // A cpu that the text holds and hwloc does not see, for whatever reason: here it is a remark.
  const std::string lost =
      Replaced(kVersion3, "<memtier", "<!-- <object type=\"PU\" os_index=\"2\"/> --><memtier");
  EXPECT_THAT(Refusal(lost), HasSubstr("--export-xml-flags v2"));
  EXPECT_THAT(Refusal(Replaced(kVersion3, "3.0", "4.0")), HasSubstr("was written by hwloc 4.0"));
}

TEST_F(XmlTopology, ThatTakesHwlocDownIsRefused) {
  // A cpu in no set, below a core that has it.
  for (const char* version : {"3.0", "2.0"}) {
    const std::string text =
        Replaced(kVersion3, "cpuset=\"0x2\" complete_cpuset=\"0x2\"", "cpuset=\"0x0\"");
    EXPECT_NE(Refusal(Replaced(text, "3.0", version)), "") << version;
  }
}

TEST_F(XmlTopology, GarbageIsAnErrorAndNoCrash) {
  const std::string whole = kVersion3;
  const size_t end_of_root = whole.find("<memtier") - 20;
  for (size_t bytes = 0; bytes < end_of_root; bytes += 37) {
    EXPECT_NE(Refusal(whole.substr(0, bytes)), "") << bytes;
  }
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (int i = 0; i < 200; ++i) {
    std::string xml = whole;
    for (int changes = 1 + i % 4; changes > 0; --changes) {
      xml[random() % xml.size()] = "0123456789<>\"=/ \n\xff"[random() % 18];
    }
    // Read or refused, as hwloc sees it; what was read can be drawn, and planned or refused.
    try {
      const Topology topology = Read(xml);
      EXPECT_NE(DrawTopology(topology), "");
      for (const std::string& name : AutoPolicies(topology)) PlanInstances(topology, name, 1, 0);
    } catch (const Error& error) {
      EXPECT_STRNE(error.what(), "");
    }
  }
}

TEST_F(XmlTopology, RealFileOfHwloc3HasAllThatItsMachineHas) {
  const fs::path file = MachineFile("AMD-17h-Zen-2xEpyc-7451.with-numa-pre61ec8b937.xml");
  if (file.empty()) GTEST_SKIP() << "shared/data/hwloc is not here";
  const Topology topology = ReadTopology(XmlFile(file));
  EXPECT_EQ(topology.packages.size(), 2u);
  EXPECT_EQ(topology.nodes.size(), 8u);
  EXPECT_EQ(topology.cores.size(), 48u);
  EXPECT_EQ(topology.CpuCount(), 96);
  EXPECT_EQ(topology.l3_groups.size(), 16u);
}

}  // namespace
}  // namespace moebench
