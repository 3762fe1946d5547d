#include "results/report_markdown.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <limits>

#include "harness/base/files.h"
#include "results/report_escape.h"
#include "results/report_figures.h"
#include "results/testing/payloads.h"
#include "results/testing/sample_view.h"

namespace moebench {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const std::filesystem::path kGolden =
    std::filesystem::path(MOEBENCH_SOURCE_DIR) / "results" / "testdata" / "report_golden.md";

size_t Count(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

// To accept a changed report: MOEBENCH_UPDATE_GOLDEN=1 build/results/report_test, then read the
// diff.
TEST(ReportMarkdown, MatchesTheGoldenReport) {
  const std::string report = ReportMarkdown(testing::SampleView());
  if (std::getenv("MOEBENCH_UPDATE_GOLDEN") != nullptr) WriteFileAtomically(kGolden, report);
  EXPECT_EQ(report, ReadFile(kGolden, 1 << 20));
}

TEST(ReportMarkdown, AnswersInItsFirstLines) {
  const std::string report = ReportMarkdown(testing::SampleView());
  const std::string first_screen = report.substr(0, report.find("### Every setting"));
  EXPECT_LT(Count(first_screen, "\n"), 27u);
  EXPECT_THAT(
      first_screen,
      AllOf(
          HasSubstr("Recommended: k=4 experts, plain decoding, interleave placement, 2 threads"),
          HasSubstr("×1.38 [1.36, 1.40]"), HasSubstr("−2.1 % [−5.0, +0.8]"),
          HasSubstr("Many texts at once: k=4 experts, plain decoding, replicate placement, 4 "
                    "instances of 2 threads: ×4.67"),
          HasSubstr("Flagged: k=12 plain interleave t=2"),
          HasSubstr("```sh\n# moebench\nmoebench generate"),
          HasSubstr("Is tonight comparable: **within tonight**. Noise: +0.3 % [−1.2, +1.8]. Quiet "
                    "enough"),
          HasSubstr("# llama-cli\nllama-cli -m")));
}

TEST(ReportMarkdown, SaysThatPromptsWereOnlyCompleted) {
  SweepView view = testing::SampleView();
  view.models[0].record.facts_json = R"({"chat_format":"none","thinking":"none"})";
  EXPECT_THAT(ReportMarkdown(view),
              HasSubstr("- Chat format: none that we know: prompts are completed as they stand\n"));
}

TEST(ReportMarkdown, SaysWhenNothingCanBeRecommended) {
  SweepView view = testing::SampleView();
  view.models[0].recommendation = {.why = "No setting has both speed and quality."};
  const std::string report = ReportMarkdown(view);
  EXPECT_THAT(report, HasSubstr("**No setting can be recommended.**"));
  EXPECT_THAT(report, HasSubstr("No setting has both speed and quality."));
  EXPECT_THAT(report, Not(HasSubstr("×1.00 [1.00, 1.00]")));
}

TEST(ReportMarkdown, WhatWasNotMeasuredIsNeverZero) {
  SweepView view = testing::SampleView();
  view.models[0].router.reset();  // there, and among the signs, 0 is a count
  for (CellView& cell : view.models[0].cells) {
    cell.signs.clear();
    cell.quality = {};
    cell.bound.clear();
    cell.bandwidth_gbps = 0;
    cell.token_times = {};
    cell.prefill_tps = {};
    cell.ttft_ms = {.median = std::numeric_limits<double>::quiet_NaN(), .n = 3};
  }
  const std::string report = ReportMarkdown(view);
  EXPECT_THAT(report, HasSubstr("A speed without its quality is no reason to choose a setting"));
  EXPECT_THAT(report, AllOf(Not(HasSubstr("| 0 ")), Not(HasSubstr("nan")), Not(HasSubstr("n=0"))));
}

TEST(ReportMarkdown, NamesEverySkipAndFailureWithItsReason) {
  const std::string report = ReportMarkdown(testing::SampleView());
  EXPECT_THAT(report, HasSubstr("guard: no draft model was given"));
  EXPECT_THAT(report, HasSubstr("worker ended by signal 9 after 3 trials"));
  EXPECT_THAT(report, HasSubstr("not\\_obeyed: asked for pages on nodes 0 and 1"));
}

TEST(ReportMarkdown, ATooSmallSuiteIsSaidToExcludeNoLoss) {
  SweepView view = testing::SampleView();
  view.models[0].cells[4].quality.lo = -0.16;
  EXPECT_THAT(ReportMarkdown(view), HasSubstr("240 items cannot exclude a loss above 10 %"));
}

TEST(ReportMarkdown, SaysWhetherTheNightCanBeCompared) {
  SweepView view = testing::SampleView();
  CellView& control = view.models[0].cells[1];
  control.speed_ratio = {1.034, 0.871, 1.227, 12};
  control.unstable_trials = 5;
  EXPECT_THAT(
      ReportMarkdown(view),
      HasSubstr("Is tonight comparable: **no**. Noise: +3.4 % [−12.9, +22.7]. Too noisy to see "
                "a change of 10 %: the baseline measured again. 5 of 66 trials were "
                "disturbed"));
  view.models[0].cells.erase(view.models[0].cells.begin() + 1);
  EXPECT_THAT(ReportMarkdown(view),
              HasSubstr("**not known**. Noise: not measured. No A/A control ran"));
}

TEST(ReportMarkdown, AnInterruptedSweepSaysSo) {
  SweepView view = testing::SampleView();
  view.sweep.finished.clear();
  view.planned = 5;
  EXPECT_THAT(ReportMarkdown(view), HasSubstr("not finished: 5 cells not run yet"));
}

TEST(ReportMarkdown, FitsOneCommentHoweverLargeTheSweep) {
  const std::string report = ReportMarkdown(testing::LargeSampleView(1000));
  EXPECT_LT(report.size(), 65'536u);
  EXPECT_THAT(report, HasSubstr("more cells do not fit here"));
  EXPECT_THAT(report, HasSubstr("Do it again"));
  EXPECT_THAT(report, HasSubstr("Left out, for one comment holds 65,536 characters: "));
  EXPECT_THAT(report, HasSubstr("Latency of made-up-moe-demo.gguf"));
  EXPECT_THAT(report, HasSubstr("guard: no draft model was given")) << "reasons are never left out";
}

TEST(ReportMarkdown, EveryPayloadInEveryTextStaysText) {
  const SweepView sample = testing::SampleView();
  for (const std::string& payload : testing::InjectionPayloads()) {
    const std::string report = ReportMarkdown(testing::WithEveryTextReplaced(sample, payload));
    EXPECT_EQ(VisibleText(report), report);  // nothing hidden, valid UTF-8
    EXPECT_LT(report.size(), 65'536u);
    // Outside of fences no HTML, image, link or table can have come from the payload.
    std::string fence, outside;
    size_t at = 0;
    while (at < report.size()) {
      const size_t end = std::min(report.find('\n', at), report.size());
      const std::string line = report.substr(at, end - at);
      at = end + 1;
      if (fence.empty() && line.starts_with("```")) {
        fence = line.substr(0, line.find_first_not_of('`'));
      } else if (!fence.empty()) {
        if (line == fence) fence.clear();
      } else {
        outside += line + '\n';
      }
    }
    EXPECT_EQ(fence, "") << "an open fence at the end: " << payload;
    EXPECT_THAT(outside, AllOf(Not(HasSubstr("<")), Not(HasSubstr("![")), Not(HasSubstr("://")),
                               Not(HasSubstr("\n# heading"))))
        << payload;
  }
}

TEST(ReportMarkdown, NoChangeOfQualityWithoutTheBaselinesOwn) {
  SweepView view = testing::SampleView();
  view.models[0].cells[0].quality = {};
  for (CellView& cell : view.models[0].cells) {
    cell.quality.relative = cell.quality.lo = 0;
    cell.divergence = {};
    cell.judge = {};
  }
  const std::string report = ReportMarkdown(view);
  EXPECT_THAT(report, HasSubstr("Price in quality: **not measured**"));
  EXPECT_THAT(report, Not(HasSubstr("| 0.0 %")));
}

TEST(ReportMarkdown, AnUnfinishedCellShowsWhatItHasAndThatItIsNotFinished) {
  SweepView view = testing::SampleView();
  CellView& cell = view.models[0].cells[3];
  cell.record.status = Status::kPlanned;
  cell.status = "planned";
  cell.verdict = "inconclusive";
  cell.reasons = {"not finished; --resume runs the rest"};
  const std::string report = ReportMarkdown(view);
  EXPECT_THAT(report, HasSubstr("| inconclusive | not finished; --resume runs the rest"));
  EXPECT_THAT(report, HasSubstr("- not run, or not finished: k=6 plain interleave t=2"));
}

TEST(Figures, OneSampleShowsNoSpread) {
  EXPECT_EQ(Measured({209.84, 209.84, 209.84, 1}), "209.8 [one sample], n=1");
  EXPECT_EQ(Factor(Interval{1.4, 1.4, 1.4, 1}), "×1.40 [one sample], n=1");
}

TEST(Figures, KeepSignsAndPrecision) {
  EXPECT_EQ(Measured({209.84, 205.13, 214.96, 6}), "209.8 [205.1, 215.0], n=6");
  EXPECT_EQ(Measured({}), "not measured");
  EXPECT_EQ(Change(-0.0211, -0.0504, 0.0091), "−2.1 % [−5.0, +0.9]");
  EXPECT_EQ(SignedPercent(-0.00004), "0.0 %");
  EXPECT_EQ(Figure(12345.6), "12346");
  EXPECT_EQ(Figure(std::numeric_limits<double>::infinity()), "not measured");
}

}  // namespace
}  // namespace moebench
