#include "runners/worker/oom_watch.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "runners/worker/worker_failure.h"

namespace moebench {
namespace {

class OomWatchTest : public testing::Test {
 protected:
  std::string Path(const std::string& name) const {
    return testing::TempDir() + "/oom_" + name + std::to_string(getpid());
  }
  static void Write(const std::string& path, const std::string& text) {
    std::ofstream(path) << text;
  }
  void TearDown() override {
    unlink(Path("cgroup").c_str());
    unlink(Path("vmstat").c_str());
  }
};

TEST_F(OomWatchTest, CountsTheCgroupsOwnKills) {
  Write(Path("cgroup"), "low 0\noom 3\noom_kill 2\noom_group_kill 0\n");
  const OomWatch watch(Path("cgroup"), Path("vmstat"));
  EXPECT_EQ(watch.NewKills(), 0);
  Write(Path("cgroup"), "low 0\noom 4\noom_kill 3\noom_group_kill 1\n");
  EXPECT_EQ(watch.NewKills(), 1);
}

TEST_F(OomWatchTest, FirstVersionsFileIsUnderstood) {
  Write(Path("cgroup"), "oom_kill_disable 0\nunder_oom 0\noom_kill 0\n");
  const OomWatch watch(Path("cgroup"), Path("vmstat"));
  Write(Path("cgroup"), "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n");
  EXPECT_EQ(watch.NewKills(), 1);
}

TEST_F(OomWatchTest, WithoutACgroupTheMachinesCountIsTaken) {
  Write(Path("vmstat"), "pswpin 0\noom_kill 7\nnuma_hit 1\n");
  const OomWatch watch(Path("absent"), Path("vmstat"));
  Write(Path("vmstat"), "pswpin 0\noom_kill 8\nnuma_hit 1\n");
  EXPECT_EQ(watch.NewKills(), 1);
}

TEST_F(OomWatchTest, NothingToReadCountsNothing) {
  EXPECT_EQ(OomWatch(Path("absent"), Path("absent")).NewKills(), 0);
}

// As waitpid reports them.
int ExitedWith(int code) { return code << 8; }

TEST(DescribeEnd, ToldApartByTheKernelsCount) {
  EXPECT_EQ(DescribeEnd(SIGKILL, 1).kind, FailureKind::kOom);
  EXPECT_EQ(DescribeEnd(SIGKILL, 0).kind, FailureKind::kKilled);
  EXPECT_EQ(DescribeEnd(ExitedWith(137), 1).kind, FailureKind::kOom) << "through a shell";
  EXPECT_EQ(DescribeEnd(ExitedWith(137), 0).kind, FailureKind::kExited);
  EXPECT_EQ(DescribeEnd(SIGSEGV, 1).kind, FailureKind::kCrashed);
  EXPECT_EQ(DescribeEnd(ExitedWith(1), 1).kind, FailureKind::kExited);
}

}  // namespace
}  // namespace moebench
