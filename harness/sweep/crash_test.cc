// kill -9 at any moment, and every system call failing once: nothing that was finished is lost, and
// going on ends with the same matrix.
#include <gmock/gmock.h>
#include <poll.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>

#include "harness/base/error.h"
#include "harness/base/rng.h"
#include "harness/sweep/testing/crash_lab.h"
#include "results/store.h"

namespace moebench {
namespace {

TEST(SweepCrash, KillAtARandomMomentLosesNothingFinishedAndResumeCompletes) {
  CrashLab lab(CrashFolder());
  constexpr uint64_t kSeed = 20261122;
  constexpr int kKills = 40;
  Rng rng(kSeed);
  int killed = 0;
  for (int i = 0; i < kKills && !testing::Test::HasFailure(); ++i) {
    SCOPED_TRACE("seed " + std::to_string(kSeed) + ", kill " + std::to_string(i));
    lab.Clear();
    const ChildEnd end = lab.Run({}, rng.Uniform() * lab.undisturbed_s());
    killed += end.killed() ? 1 : 0;
    lab.ExpectNothingLost(end);
    lab.ExpectResumeCompletes();
  }
  EXPECT_GT(killed, kKills / 2);
}

// Between two counted calls nothing changes on the disk or among the processes, so these points are
// all there are: before and after a spawn, before BEGIN, each page, COMMIT, checkpoint.
TEST(SweepCrash, KillBeforeEverySeventhCall) {
  CrashLab lab(CrashFolder());
  ASSERT_GT(lab.undisturbed_calls(), 50);
  for (int64_t n = 1; n <= lab.undisturbed_calls() && !testing::Test::HasFailure(); n += 7) {
    SCOPED_TRACE("call " + std::to_string(n) + " of " + std::to_string(lab.undisturbed_calls()));
    lab.Clear();
    const ChildEnd end = lab.Run({FaultKind::kKill, n, 0, ""});
    EXPECT_TRUE(end.killed());
    lab.ExpectNothingLost(end);
    lab.ExpectResumeCompletes();
  }
}

TEST(SweepCrash, EverySeventhCallFailingOnceIsAClearErrorOrHealed) {
  CrashLab lab(CrashFolder());
  const int errors[] = {ENOSPC, EIO, ENOMEM, EMFILE};
  for (int64_t n = 1; n <= lab.undisturbed_calls() && !testing::Test::HasFailure(); n += 7) {
    const int error = errors[n % 4];
    SCOPED_TRACE("call " + std::to_string(n) + ": errno " + std::to_string(error));
    lab.Clear();
    const ChildEnd end = lab.Run({FaultKind::kFailOnce, n, error, ""});
    EXPECT_FALSE(end.killed()) << "died of it";
    if (end.exit_code() != 0) {
      EXPECT_EQ(end.exit_code(), static_cast<int>(ExitCode::kIo)) << end.last_words;
      EXPECT_FALSE(end.last_words.empty());
    }
    lab.ExpectNothingLost(end);
    lab.ExpectResumeCompletes();
  }
}

TEST(SweepCrash, ADiskThatStaysFullEndsTheSweepWithItsOwnCode) {
  CrashLab lab(CrashFolder());
  for (int64_t n = 10; n <= lab.undisturbed_calls() && !testing::Test::HasFailure(); n += 19) {
    SCOPED_TRACE("full from call " + std::to_string(n));
    lab.Clear();
    const ChildEnd end = lab.Run({FaultKind::kFailOn, n, ENOSPC, ""});
    EXPECT_FALSE(end.killed());
    if (end.exit_code() != 0) {
      EXPECT_EQ(end.exit_code(), static_cast<int>(ExitCode::kIo)) << end.last_words;
    }
    lab.ExpectNothingLost(end);
    lab.ExpectResumeCompletes();
  }
}

TEST(SweepCrash, FiftyAtOnceExactlyOneWrites) {
  const std::filesystem::path folder = CrashFolder();
  std::filesystem::create_directories(folder);
  int go[2], said[2];
  ASSERT_EQ(pipe(go), 0);
  ASSERT_EQ(pipe(said), 0);
  std::vector<pid_t> children;
  for (int i = 0; i < 50; ++i) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      close(go[1]);
      char word = 'e';
      try {
        const Store store = Store::OpenForWriting(folder / "s.db");
        word = 'w';
        if (write(said[1], &word, 1) != 1) _exit(1);
        if (read(go[0], &word, 1) != 0) _exit(1);  // until all have tried
        _exit(0);
      } catch (const Error& error) {
        word = error.code() == ExitCode::kBusy ? 'b' : 'e';
      }
      _exit(write(said[1], &word, 1) == 1 ? 0 : 1);
    }
    children.push_back(child);
  }
  std::string words(50, ' ');
  for (char& word : words) ASSERT_EQ(read(said[0], &word, 1), 1);
  EXPECT_EQ(std::count(words.begin(), words.end(), 'w'), 1) << words;
  EXPECT_EQ(std::count(words.begin(), words.end(), 'b'), 49) << words;
  close(go[1]);
  for (const pid_t child : children) waitpid(child, nullptr, 0);
  Store::OpenForWriting(folder / "s.db");  // the lock went with its holder
  std::filesystem::remove_all(folder);
}

// Four programs that read all the time neither fail nor hold the sweep up.
TEST(SweepCrash, ReadersNeverFailDuringASweep) {
  CrashLab lab(CrashFolder());
  lab.ExpectResumeCompletes();  // there is something to read
  int stop[2];
  ASSERT_EQ(pipe(stop), 0);
  std::vector<pid_t> readers;
  for (int i = 0; i < 4; ++i) {
    const pid_t reader = fork();
    ASSERT_GE(reader, 0);
    if (reader == 0) {
      close(stop[1]);
      pollfd ended{stop[0], POLLIN, 0};
      try {
        while (poll(&ended, 1, 0) == 0) {
          const Store store = Store::OpenForReading(lab.database());
          store.ReadSweep(store.LatestSweepId().value());
        }
      } catch (const Error& error) {
        std::fprintf(stderr, "reader: %s\n", error.what());
        _exit(1);
      }
      _exit(0);
    }
    readers.push_back(reader);
  }
  {
    Store store = Store::OpenForWriting(lab.database());
    for (int sweep = 0; sweep < 40; ++sweep) {
      const int64_t id = store.CreateSweep({.started = "t", .version = "v"}, {}, {});
      for (int s = 0; s < 5; ++s) store.AddSession(id, {.model_sha256 = "abc"});
      store.FinishSweep(id, "t");
    }
  }
  close(stop[0]);
  close(stop[1]);
  for (const pid_t reader : readers) {
    int status = 0;
    ASSERT_EQ(waitpid(reader, &status, 0), reader);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
}

// A real full disk, where this user may mount one: 2 MiB of memory, most of it taken.
TEST(SweepCrash, AFullFileSystemEndsTheSweepAndItGoesOnWhenThereIsSpace) {
  const std::filesystem::path folder = CrashFolder();
  std::filesystem::create_directories(folder / "disk");
  if (mount("moebench_test", (folder / "disk").c_str(), "tmpfs", 0, "size=2m") != 0) {
    std::filesystem::remove_all(folder);
    GTEST_SKIP() << "this user may not mount a file system: " << std::strerror(errno);
  }
  {
    CrashLab lab(folder / "disk" / "lab");
    const std::filesystem::path filler = folder / "disk" / "filler";
    std::ofstream(filler) << std::string((2 << 20) - (140 << 10), 'x');
    const ChildEnd end = lab.Run({});
    EXPECT_EQ(end.exit_code(), static_cast<int>(ExitCode::kIo)) << end.last_words;
    EXPECT_THAT(end.last_words, testing::HasSubstr("disk is full"));
    std::filesystem::remove(filler);
    lab.ExpectNothingLost(end);
    lab.ExpectResumeCompletes();
  }
  umount((folder / "disk").c_str());
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace moebench
