#include "harness/machine/memory_policy.h"

#include <gmock/gmock.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <thread>

#include "harness/base/error.h"

namespace moebench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

const size_t kPage = static_cast<size_t>(sysconf(_SC_PAGESIZE));

// Anonymous memory of whole base pages, without huge pages so that pages can be counted.
class Pages {
 public:
  explicit Pages(size_t count)
      : bytes_(count * kPage),
        data_(static_cast<char*>(
            mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))) {
    CHECK(data_ != MAP_FAILED);
    madvise(data_, bytes_, MADV_NOHUGEPAGE);
  }
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;
  ~Pages() { munmap(data_, bytes_); }

  char* data() { return data_; }
  size_t bytes() const { return bytes_; }

 private:
  size_t bytes_;
  char* data_;
};

int64_t Resident(const PageCounts& counts) {
  int64_t pages = 0;
  for (const auto& [node, n] : counts.per_node) pages += n;
  return pages;
}

const void* At(uintptr_t address) { return reinterpret_cast<const void*>(address); }

TEST(BindMemory, BoundPagesAreReadBackOnTheirNode) {
  Pages pages(16);
  const PlacementPlan plan{.policy = "local", .thread_cpus = {}, .memory_nodes = {0}};
  if (const std::string refused = BindMemory(pages.data(), pages.bytes(), plan); !refused.empty()) {
    GTEST_SKIP() << refused;
  }
  std::memset(pages.data(), 1, pages.bytes());
  const PageRange range{pages.data(), pages.bytes()};
  const PageCounts counts = ReadPages({&range, 1});
  if (!counts.unavailable.empty()) GTEST_SKIP() << counts.unavailable;
  EXPECT_THAT(counts.per_node, ElementsAre(Pair(0, 16)));
  EXPECT_EQ(counts.absent, 0);
}

TEST(BindMemory, NodeThatIsNotThereIsNamed) {
  Pages pages(1);
  const PlacementPlan plan{.policy = "local", .thread_cpus = {}, .memory_nodes = {999}};
  try {
    const std::string refused = BindMemory(pages.data(), pages.bytes(), plan);
    EXPECT_THAT(refused, HasSubstr("mbind"));  // a kernel that knows no policies, or seccomp
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("node 999"));
    EXPECT_THAT(error.what(), HasSubstr("doctor"));
  }
}

TEST(BindMemory, LeavesBuffersWithoutAWholePageAlone) {
  Pages pages(1);
  const PlacementPlan plan{.policy = "interleave", .thread_cpus = {}, .memory_nodes = {999}};
  EXPECT_EQ(BindMemory(pages.data() + 1, kPage - 1, plan), "");
}

TEST(BindMemory, NoneLeavesPagesToTheKernel) {
  Pages pages(4);
  EXPECT_EQ(BindMemory(pages.data(), pages.bytes(), {.policy = "none/l3", .memory_nodes = {999}}),
            "");
}

TEST(BindMemory, PlansThatCannotBeCarriedOutAreRefused) {
  Pages pages(4);
  const auto refuses = [&](const PlacementPlan& plan) {
    try {
      BindMemory(pages.data(), pages.bytes(), plan);
      return false;
    } catch (const Error& error) {
      return error.where() == kPlacementRefused;
    }
  };
  EXPECT_TRUE(refuses({.policy = "local"}));
  EXPECT_TRUE(
      refuses({.policy = "weighted-interleave", .memory_nodes = {0}, .node_weights = {1, 2}}));
}

TEST(BindMemory, WeightsThatAreNotTheKernelsAreBoundByHand) {
  Pages pages(16);
  const PlacementPlan plan{
      .policy = "weighted-interleave:0=3", .memory_nodes = {0}, .node_weights = {3}};
  if (const std::string refused = BindMemory(pages.data(), pages.bytes(), plan); !refused.empty()) {
    GTEST_SKIP() << refused;
  }
  std::memset(pages.data(), 1, pages.bytes());
  const PageRange range{pages.data(), pages.bytes()};
  const PageCounts counts = ReadPages({&range, 1});
  if (!counts.unavailable.empty()) GTEST_SKIP() << counts.unavailable;
  EXPECT_THAT(counts.per_node, ElementsAre(Pair(0, 16)));
}

TEST(ReadPages, PagesNotTouchedAreAbsent) {
  Pages pages(8);
  std::memset(pages.data(), 1, 3 * kPage);
  const PageRange range{pages.data(), pages.bytes()};
  const PageCounts counts = ReadPages({&range, 1});
  if (!counts.unavailable.empty()) GTEST_SKIP() << counts.unavailable;
  EXPECT_EQ(Resident(counts), 3);
  EXPECT_EQ(counts.absent, 5);
}

TEST(ReadPages, CountsThePagesARangeTouchesEvenInPart) {
  Pages pages(3);
  std::memset(pages.data(), 1, pages.bytes());
  const PageRange ranges[] = {{pages.data() + kPage - 1, 2}, {pages.data(), 0}};
  const PageCounts counts = ReadPages(ranges);
  if (!counts.unavailable.empty()) GTEST_SKIP() << counts.unavailable;
  EXPECT_EQ(Resident(counts) + counts.absent, 2);
}

TEST(ReadPages, HugeRangesAreSampledAndSaySo) {
  Pages pages(3 << 20);  // 12 GiB of addresses, never touched
  const PageRange range{pages.data(), pages.bytes()};
  const PageCounts counts = ReadPages({&range, 1});
  if (!counts.unavailable.empty()) GTEST_SKIP() << counts.unavailable;
  EXPECT_EQ(counts.sampled_every, 3);
  EXPECT_EQ(counts.absent, 3 << 20);
}

// As a kernel with 2 MiB pages on node 1 and 4 KiB pages on nodes 0 and 1 writes them.
TEST(CountNumaMaps, AddsMappingsThatMeetTheRangesInBasePages) {
  const char maps[] =
      "7f0000000000-7f0000400000 rw-p 00000000 00:00 0\n"
      "7f0000400000-7f0000408000 rw-p 00000000 00:00 0 [anon]\n"
      "7f0000500000-7f0000501000 r--p 00000000 00:00 0 /lib/x.so\n"
      "rubbish\n";
  const char numa_maps[] =
      "7f0000000000 bind:1 anon=2 dirty=2 N1=2 kernelpagesize_kB=2048\n"
      "7f0000400000 interleave:0-1 anon=8 dirty=8 N0=4 N1=3 kernelpagesize_kB=4\n"
      "7f0000500000 default file=/lib/x.so N0=1 kernelpagesize_kB=4\n"
      "N9=4\n";
  const PageRange ranges[] = {{At(0x7f0000001000), 4096}, {At(0x7f0000400000), 8 * 4096}};
  const PageCounts counts = CountNumaMaps(maps, numa_maps, ranges, 4096);
  EXPECT_THAT(counts.per_node, ElementsAre(Pair(0, 4), Pair(1, 2 * 512 + 3)));
  EXPECT_EQ(counts.source, "numa_maps");
}

TEST(CountNumaMaps, SaysWhatIsNotResident) {
  const PageRange range{At(0x1000), 3 * 4096};
  const PageCounts counts =
      CountNumaMaps("1000-4000 rw-p 0 0:0 0", "1000 default N0=1", {&range, 1}, 4096);
  EXPECT_THAT(counts.per_node, ElementsAre(Pair(0, 1)));
  EXPECT_EQ(counts.absent, 2);
}

TEST(Pinning, PinnedThreadMayRunOnItsCpuOnly) {
  std::thread([] {
    const int cpu = ThisThreadCpus().back();
    PinThisThread(cpu);
    EXPECT_THAT(ThisThreadCpus(), ElementsAre(cpu));
    EXPECT_EQ(ThisThreadPinnedCpu(), cpu);
  }).join();
}

TEST(Pinning, CpuThatIsNotThereIsNamed) {
  for (const int cpu : {-1, 60000, 1 << 20}) {
    try {
      PinThisThread(cpu);
      FAIL() << cpu;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("cpu " + std::to_string(cpu)));
    }
  }
}

}  // namespace
}  // namespace moebench
