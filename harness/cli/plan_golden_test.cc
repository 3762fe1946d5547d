// What --dry-run says is the whole matrix, the same for every machine and version: cell ids join
// years of history.
#include <gmock/gmock.h>

#include "harness/cli/testing_program.h"

namespace moebench {
namespace {

TEST(PlanGolden, TheWholeMatrixIsSaidBeforeAnythingRuns) {
  const ProgramRun program;
  program.Write("items.jsonl", R"({"id":"q","prompt":"q","max_tokens":8,)"
                               R"("grader":{"kind":"exact","expected":["a"]}})"
                               "\n");
  program.Write("speed.jsonl", "{\"id\": \"s\", \"prompt\": \"Once upon a time\"}\n");
  const ProgramResult plan = program.Run({"sweep",        "--dry-run",
                                          "-m",           "fake.gguf",
                                          "--runner",     "fake",
                                          "--suite",      ".",
                                          "--experts",    "4,2",
                                          "--decode",     "plain,lookup",
                                          "--placement",  "interleave,none",
                                          "--threads",    "1",
                                          "--max-tokens", "32",
                                          "--controls",   "1",
                                          "--sessions",   "3",
                                          "--trials",     "2"});
  EXPECT_EQ(plan.exit_code, 0) << plan.err;
  // Behind the last colon stands how long it may take on this machine.
  EXPECT_EQ(plan.out.substr(0, plan.out.rfind(':')), R"(fake.gguf
  d7c8a7ceef4e4107  k=8 plain interleave t=1           baseline
  d7c8a6ceef4e3f54  k=8 plain interleave t=1 A/A 1     control
  69f8f09d77d670b7  k=8 lookup interleave t=1          skipped(capability: this version's fake runner does not offer 'lookup')
  cc62c967390f93c3  k=4 plain interleave t=1           at most 1.67x the baseline's speed
  4ab28a012649586b  k=4 lookup interleave t=1          skipped(capability: this version's fake runner does not offer 'lookup')
  48d4da961c2911e1  k=2 plain interleave t=1           at most 2.50x the baseline's speed
  a20f5f185363c575  k=2 lookup interleave t=1          skipped(capability: this version's fake runner does not offer 'lookup')
  3f8dfdcbcbe6c6d0  k=8 plain none t=1                 at most 1.00x the baseline's speed
  d06f806897cf565c  k=8 lookup none t=1                skipped(capability: this version's fake runner does not offer 'lookup')
  9c04e066a371f864  k=4 plain none t=1                 at most 1.67x the baseline's speed
  8e10c61ebdb44ed8  k=4 lookup none t=1                skipped(capability: this version's fake runner does not offer 'lookup')
  e72a421748318a62  k=2 plain none t=1                 at most 2.50x the baseline's speed
  6298718480345132  k=2 lookup none t=1                skipped(capability: this version's fake runner does not offer 'lookup')
13 cells, 60 timed trials of 1 prompts x 32 tokens, 1 graded items per cell)");
}

}  // namespace
}  // namespace moebench
