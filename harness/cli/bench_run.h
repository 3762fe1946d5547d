// Runs the tests of a BenchSpec and hands out rows as they are finished.
//   RunBench(spec, machine, [&](const BenchRow& row) { printer.Row(row); });
// One load of a model serves all tests of one placement and thread count. Tests at the same depth
// take turns, first to last and back (A B B A), so that drift of the machine falls on all of them
// alike. A test that fails, or takes its worker with it, is a row that says so; the others go on in
// a new worker.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "harness/cli/bench_row.h"
#include "harness/machine/placement.h"
#include "harness/sweep/run_sweep.h"

namespace moebench {

// The outside world as functions, so that a test can be any of it.
struct BenchMachine {
  std::function<Worker()> start_worker;
  std::function<PlacementPlan(const std::string& policy, int threads)> place;
  std::function<ReadBandwidths(const std::vector<int>& cpus)> measure_bandwidth;
  // Called before tests run; what it returns is called after them and says what disturbed, empty
  // if nothing did.
  std::function<std::function<std::string()>(int worker_pid)> watch;
  std::function<bool()> cancelled;
  std::function<void(double seconds)> wait;
  std::function<void(const std::string& what)> note;  // what happens now
  std::string cpu_model;
  int node_count = 1;
};

// False if it was cancelled.
bool RunBench(const BenchSpec& spec, const BenchMachine& machine,
              const std::function<void(const BenchRow&)>& emit);

// The tests in llama-bench's order: for each depth and k the prompts, the generations, the pairs.
std::vector<BenchTest> TestsOf(const BenchSpec& spec);

// The text from a beginning of a word that the seed chooses, then from its start up to there.
std::string TurnedText(const std::string& text, uint64_t seed);

}  // namespace moebench
