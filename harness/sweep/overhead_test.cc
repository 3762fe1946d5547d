// What the harness adds to a cell, counted: system calls on the database, not time. overhead_bench
// measures the same in microseconds.
#include <gmock/gmock.h>

#include "harness/sweep/store_sink.h"
#include "harness/sweep/testing/crash_lab.h"
#include "harness/sweep/testing/faults.h"
#include "harness/sweep/testing/null_sweep.h"

namespace moebench {
namespace {

struct Counted {
  int64_t calls = 0;         // on files of the store
  int64_t while_timing = 0;  // between the first and the last request of a trial
  int units = 0;
};

Counted CountSweep(int trials, int max_tokens) {
  const std::filesystem::path folder = CrashFolder();
  std::filesystem::create_directories(folder);
  Counted counted;
  {
    const SweepPlan plan = NullPlan(trials, max_tokens);
    ArmFaults({FaultKind::kCount, 0, 0, folder.string()});  // before the store opens its files
    Store store = Store::OpenForWriting(folder / "s.db");
    const int64_t id =
        store.CreateSweep({.started = "t", .version = "v"},
                          {{ModelRecord{"abc", "null.gguf", "{}"}}}, plan.models[0].cells);
    StoreSink sink(store, id);
    const int64_t before = CallsSoFar();
    int request = 0;
    int64_t first = 0;
    const SweepEnvironment environment = NullEnvironment([&](const GenerateRequest& r) {
      if (!r.ignore_eos) return;  // an answer: not timed
      if (request % 3 == 0) first = CallsSoFar();
      if (request % 3 == 2) counted.while_timing += CallsSoFar() - first;
      ++request;
    });
    RunSweep(plan, sink, {}, environment);
    counted.calls = CallsSoFar() - before;
    EXPECT_GT(counted.calls, 0) << "nothing was counted";
    const SweepRows rows = store.ReadSweep(id);
    counted.units = static_cast<int>(rows.trials.size());
  }
  std::filesystem::remove_all(folder);
  return counted;
}

TEST(Overhead, NothingIsWrittenWhileATrialIsTimed) { EXPECT_EQ(CountSweep(6, 64).while_timing, 0); }

// One transaction a trial: the log's pages, one sync; no file per token and none per request.
TEST(Overhead, ATrialCostsAHandfulOfCallsWhateverItsLength) {
  const Counted few = CountSweep(2, 64), many = CountSweep(12, 64);
  const double per_trial = static_cast<double>(many.calls - few.calls) / (many.units - few.units);
  EXPECT_LT(per_trial, 20);
  const Counted longer = CountSweep(12, 640);
  const double more_per_trial = static_cast<double>(longer.calls - many.calls) / many.units;
  EXPECT_LE(more_per_trial, 6) << "the latencies of 1,700 tokens more: two pages, two writes each";
}

}  // namespace
}  // namespace moebench
