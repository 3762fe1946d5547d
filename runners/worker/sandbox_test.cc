#include "runners/worker/sandbox.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <thread>

namespace moebench {
namespace {

constexpr int kNoFilterHere = 77;

// Runs f in a restricted child; what it returns is the exit code.
int InASandbox(const std::function<int()>& f) {
  const pid_t child = fork();
  if (child == 0) {
    const std::string missing = RestrictThisProcess();
    if (!missing.empty()) _exit(missing.starts_with("no system call filter") ? kNoFilterHere : 99);
    _exit(f());
  }
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status)) << "killed by signal " << WTERMSIG(status);
  return WEXITSTATUS(status);
}

int ErrnoOf(bool failed) { return failed ? errno : 0; }

class Sandbox : public testing::Test {
 protected:
  void SetUp() override {
    if (InASandbox([] { return 0; }) == kNoFilterHere) {
      GTEST_SKIP() << "this kernel or container takes no system call filter";
    }
  }
};

TEST_F(Sandbox, HasNoNetwork) {
  EXPECT_EQ(InASandbox([] { return ErrnoOf(socket(AF_INET, SOCK_STREAM, 0) < 0); }), EPERM);
  EXPECT_EQ(InASandbox([] { return ErrnoOf(socket(AF_INET6, SOCK_DGRAM, 0) < 0); }), EPERM);
}

TEST_F(Sandbox, StartsNoProgramAndNoProcess) {
  EXPECT_EQ(InASandbox([] { return ErrnoOf(execl("/bin/true", "true", nullptr) < 0); }), EPERM);
  EXPECT_EQ(InASandbox([] { return ErrnoOf(fork() < 0); }), EPERM);
}

TEST_F(Sandbox, WritesNoFile) {
  const std::string path = testing::TempDir() + "/sandbox" + std::to_string(getpid());
  EXPECT_EQ(InASandbox([&] {
              const int fd = open(path.c_str(), O_WRONLY | O_CREAT, 0600);
              return ErrnoOf(fd >= 0 && write(fd, "x", 1) < 0);
            }),
            EFBIG);
  unlink(path.c_str());
}

TEST_F(Sandbox, ThreadsPipesMemoryAndReadingWork) {
  EXPECT_EQ(InASandbox([] {
              int sum = 0;
              std::thread([&] { sum = 1; }).join();
              int ends[2];
              char byte = 0;
              if (pipe(ends) != 0 || write(ends[1], "x", 1) != 1 || read(ends[0], &byte, 1) != 1) {
                return 1;
              }
              const int fd = open("/proc/self/status", O_RDONLY);
              if (fd < 0 || read(fd, &byte, 1) != 1) return 2;
              free(malloc(size_t{64} << 20));
              return sum == 1 ? 0 : 3;
            }),
            0);
}

}  // namespace
}  // namespace moebench
