#include "harness/machine/bandwidth.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <numeric>

#include "harness/base/error.h"
#include "harness/base/files.h"
#include "harness/machine/memory_policy.h"
#include "harness/machine/read_loop.h"
#include "harness/machine/topology.h"

namespace moebench {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

// Small enough for a test: what is checked is the rules, not the machine.
BandwidthProbe SmallProbe() {
  return {.cpus = ThisThreadCpus(),
          .memory_bytes_per_thread = size_t{8} << 20,
          .cache_bytes_per_thread = size_t{64} << 10,
          .memory_ms = 5,
          .cache_ms = 5};
}

class BandwidthCache : public testing::Test {
 protected:
  fs::path folder_ = fs::path(testing::TempDir()) / ("bandwidth_test" + std::to_string(getpid()));
  fs::path file_ = folder_ / "moebench" / "bandwidth.json";
  void TearDown() override { fs::remove_all(folder_); }
};

TEST(ReadLoop, ReadsEveryWord) {
  std::vector<uint64_t> words(4096 + 8);
  const size_t offset = (64 - reinterpret_cast<uintptr_t>(words.data()) % 64) % 64 / 8;
  std::iota(words.begin(), words.end(), 0);
  const uint64_t want =
      std::accumulate(words.begin() + static_cast<std::ptrdiff_t>(offset),
                      words.begin() + static_cast<std::ptrdiff_t>(offset + 4096), uint64_t{0});
  EXPECT_EQ(ReadBlocks(words.data() + offset, 4096 * 8), want);
}

TEST(Bandwidth, IsMeasuredOnTheCoresNamed) {
  const Bandwidth b = MeasureReadBandwidth(SmallProbe());
  EXPECT_EQ(b.unavailable, "");
  EXPECT_GT(b.memory_gbps, 0.01);
  EXPECT_GT(b.cache_gbps, 0.01);
  EXPECT_EQ(b.memory_bytes, ThisThreadCpus().size() * (size_t{8} << 20));
}

TEST(Bandwidth, WithoutCpusThereIsAReasonAndNoNumber) {
  const Bandwidth b = MeasureReadBandwidth({});
  EXPECT_THAT(b.unavailable, HasSubstr("no cpus"));
  EXPECT_EQ(b.memory_gbps, 0);
}

TEST(Bandwidth, CpuThatIsNotThereIsAnErrorAndNoHang) {
  BandwidthProbe probe = SmallProbe();
  probe.cpus.push_back(60000);
  EXPECT_THROW(MeasureReadBandwidth(probe), Error);
}

TEST_F(BandwidthCache, SecondCallOfABootMeasuresNothing) {
  const Bandwidth first = CachedReadBandwidth(SmallProbe(), file_, "boot-1", "t");
  EXPECT_EQ(first.not_cached, "");
  const Bandwidth second = CachedReadBandwidth(SmallProbe(), file_, "boot-1", "t");
  EXPECT_DOUBLE_EQ(second.memory_gbps, first.memory_gbps);
  EXPECT_DOUBLE_EQ(second.cache_gbps, first.cache_gbps);
  EXPECT_EQ(second.isa, first.isa);
}

TEST_F(BandwidthCache, AnotherBootForgetsAnotherProbeIsKeptBeside) {
  CachedReadBandwidth(SmallProbe(), file_, "boot-1", "t");
  BandwidthProbe other = SmallProbe();
  other.cache_bytes_per_thread /= 2;
  CachedReadBandwidth(other, file_, "boot-1", "t");
  EXPECT_THAT(ReadFile(file_, 1 << 20), HasSubstr("cache=65536"));
  CachedReadBandwidth(other, file_, "boot-2", "t");
  EXPECT_THAT(ReadFile(file_, 1 << 20), testing::Not(HasSubstr("cache=65536")));
}

TEST_F(BandwidthCache, AnotherTopologyOfTheSameBootIsMeasuredAnew) {
  const Topology all = ReadTopology(Synthetic("numa:2 l3:2 core:2 pu:2"));
  const Topology cpuset = Restrict(all, {0, 1, 2, 3}, {0, 1});
  CachedReadBandwidth(SmallProbe(), file_, "boot-1", TopologyDigest(all));
  CachedReadBandwidth(SmallProbe(), file_, "boot-1", TopologyDigest(cpuset));
  const std::string text = ReadFile(file_, 1 << 20);
  EXPECT_THAT(text, HasSubstr("topology=" + TopologyDigest(all)));
  EXPECT_THAT(text, HasSubstr("topology=" + TopologyDigest(cpuset)));
}

TEST_F(BandwidthCache, DamagedFilesAreMeasuredOver) {
  fs::create_directories(file_.parent_path());
  for (const char* text :
       {"", "[]", "{\"schema\":1}", "\xff{",
        "{\"schema\":\"moebench.bandwidth/2\",\"boot_id\":\"boot-1\",\"results\":[]}"}) {
    WriteFileAtomically(file_, text);
    const Bandwidth b = CachedReadBandwidth(SmallProbe(), file_, "boot-1", "t");
    EXPECT_EQ(b.unavailable + b.not_cached, "") << text;
    EXPECT_GT(b.memory_gbps, 0) << text;
  }
}

TEST_F(BandwidthCache, AbsurdFiguresInTheFileAreNotBelieved) {
  CachedReadBandwidth(SmallProbe(), file_, "boot-1", "t");
  std::string text = ReadFile(file_, 1 << 20);
  const size_t at = text.find("\"memory_gbps\": ") + 15;
  text.replace(at, text.find_first_of(",\n}", at) - at, "1e300");
  WriteFileAtomically(file_, text);
  EXPECT_LT(CachedReadBandwidth(SmallProbe(), file_, "boot-1", "t").memory_gbps, 1e6);
}

TEST_F(BandwidthCache, AFolderThatCantBeMadeCostsOnlyTheCache) {
  fs::create_directories(folder_);
  WriteFileAtomically(folder_ / "moebench", "a file where the folder should be");
  const Bandwidth b = CachedReadBandwidth(SmallProbe(), file_, "boot-1", "t");
  EXPECT_NE(b.not_cached, "");
  EXPECT_GT(b.memory_gbps, 0);
}

TEST_F(BandwidthCache, LivesWhereTheDesktopRulesSay) {
  EXPECT_EQ(BandwidthCacheFile("/x", "/home/u"), "/x/moebench/bandwidth.json");
  EXPECT_EQ(BandwidthCacheFile("", "/home/u"), "/home/u/.cache/moebench/bandwidth.json");
  EXPECT_TRUE(BandwidthCacheFile("", "").empty());
}

}  // namespace
}  // namespace moebench
