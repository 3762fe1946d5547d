// TERM and Ctrl-C at a hundred random moments of a sweep: it ends by itself, soon, with the right
// code, leaves no process behind and a whole database; a second signal ends it at once.
#include <gmock/gmock.h>
#include <signal.h>

#include <ctime>
#include <fstream>
#include <iterator>

#include "harness/base/clock.h"
#include "harness/base/rng.h"
#include "harness/cli/testing_program.h"

namespace moebench {
namespace {

namespace fs = std::filesystem;

constexpr double kLongestSweepS = 4;  // of the fake one below, on a machine of its own

class StopSlow : public testing::Test {
 protected:
  StopSlow() {
    program_.Write("items.jsonl", R"({"id":"q","prompt":"q","max_tokens":8,)"
                                  R"("grader":{"kind":"exact","expected":["a"]}})"
                                  "\n");
    program_.Write("speed.jsonl", "{\"id\": \"s\", \"prompt\": \"Once upon a time\"}\n");
    program_.Write("script.json", R"({"sleep":true,"tokens_per_s":{"8":500},"answers":{"q":"a"}})");
  }
  ProgramRun::Started Begin(const std::string& database) const {
    return program_.Start({"sweep", "-m", "fake.gguf", "--runner", "fake", "--suite", ".",
                           "--fake-script", program_.Path("script.json"), "--db", database,
                           "--max-tokens", "32", "--experts", "4,2"});
  }
  // Processes that name this test's script: the sweep's workers.
  int Workers() const {
    int found = 0;
    std::error_code error;
    for (fs::directory_iterator it("/proc", error), end; !error && it != end; it.increment(error)) {
      std::ifstream file(it->path() / "cmdline", std::ios::binary);
      const std::string line{std::istreambuf_iterator<char>(file), {}};
      const bool worker = line.find("worker") != std::string::npos;
      found += worker && line.find(program_.Path("script.json")) != std::string::npos ? 1 : 0;
    }
    return found;
  }
  static void Pass(double seconds) {
    const timespec time{static_cast<time_t>(seconds),
                        static_cast<long>(1e9 * (seconds - static_cast<int>(seconds)))};
    clock_nanosleep(CLOCK_MONOTONIC, 0, &time, nullptr);
  }

  ProgramRun program_;
};

TEST_F(StopSlow, ASignalAtAnyMomentEndsItSoonAndCleanly) {
  constexpr uint64_t kSeed = 130;
  Rng rng(kSeed);
  int stopped = 0;
  for (int i = 0; i < 100 && !HasFailure(); ++i) {
    SCOPED_TRACE("seed " + std::to_string(kSeed) + ", signal " + std::to_string(i));
    const int signal_number = i % 2 == 0 ? SIGTERM : SIGINT;
    const std::string database = "s" + std::to_string(i) + ".sqlite";
    const ProgramRun::Started started = Begin(database);
    Pass(0.05 + rng.Uniform() * kLongestSweepS);
    const int64_t start_ns = NowNs();
    kill(started.pid, signal_number);
    const ProgramResult end = program_.Wait(started);
    const double took_s = static_cast<double>(NowNs() - start_ns) * 1e-9;
    // Before it listens the signal is the kernel's to act upon, with the same code.
    const bool by_signal = end.exit_code == 128 + signal_number;
    stopped += by_signal ? 1 : 0;
    EXPECT_TRUE(by_signal || end.exit_code == 0 || end.exit_code == 2 || end.exit_code == 1)
        << end.exit_code << end.err;
    EXPECT_LT(took_s, 5);
    EXPECT_EQ(Workers(), 0) << "a worker lives on";
    if (!fs::exists(program_.Path(database)) || fs::file_size(program_.Path(database)) == 0)
      continue;
    const ProgramResult check = program_.Run({"db", "check", "--db", database});
    EXPECT_THAT(check.exit_code, testing::AnyOf(0, 65)) << check.err;
    if (check.exit_code == 65) {  // cut while the tables were made: nothing was lost with them
      EXPECT_THAT(check.out + check.err, testing::HasSubstr("holds no sweep"));
    }
  }
  EXPECT_GT(stopped, 50);
}

TEST_F(StopSlow, ASecondSignalEndsItAtOnce) {
  const ProgramRun::Started started = Begin("s.sqlite");
  while (Workers() == 0) Pass(0.01);
  Pass(0.5);  // it listens by now
  kill(started.pid, SIGINT);
  kill(started.pid, SIGTERM);
  const ProgramResult end = program_.Wait(started);
  EXPECT_THAT(end.exit_code, testing::AnyOf(130, 143)) << end.err;
  while (Workers() > 0) Pass(0.01);  // they die with it; bounded by the test's own limit
}

}  // namespace
}  // namespace moebench
