#include "results/report_html.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <set>

#include "results/report_assets.h"
#include "results/report_escape.h"
#include "results/testing/html_scan.h"
#include "results/testing/payloads.h"
#include "results/testing/sample_view.h"

namespace moebench {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::HasSubstr;
using testing::HtmlElement;
using testing::HtmlScan;
using ::testing::IsSubsetOf;
using ::testing::Not;
using testing::ScanHtml;

std::set<std::string> Names(const HtmlScan& scan) {
  std::set<std::string> names;
  for (const HtmlElement& e : scan.elements) {
    names.insert(e.name);
    for (const auto& [attribute, value] : e.attributes) names.insert(e.name + '@' + attribute);
  }
  return names;
}

TEST(ReportHtml, IsWellFormed) {
  const HtmlScan scan = ScanHtml(ReportHtml(testing::SampleView()));
  EXPECT_EQ(scan.problem, "");
  EXPECT_EQ(scan.Count("h1"), 1u);
  EXPECT_EQ(scan.Count("main"), 1u);
  EXPECT_EQ(scan.Count("table"), scan.Count("caption"));
}

TEST(ReportHtml, AnswersBeforeTheFigures) {
  const std::string text = ScanHtml(ReportHtml(testing::SampleView())).text;
  const std::string answer = text.substr(0, text.find("Speed against quality"));
  EXPECT_THAT(
      answer,
      AllOf(HasSubstr("k=4 experts, plain decoding, interleave placement, 2 threads"),
            HasSubstr("×1.38"), HasSubstr("[1.36, 1.40]"), HasSubstr("−2.1 %"),
            HasSubstr("[−5.0, +0.8]"), HasSubstr("3 of 14"),
            HasSubstr("Many texts at once k=4 experts"), HasSubstr("Is tonight comparable?"),
            HasSubstr("Quiet enough to see a change of 10 %"), HasSubstr("llama-server -m"),
            HasSubstr("llama-cli -m")));
}

TEST(ReportHtml, NeedsNothingFromOutside) {
  const HtmlScan scan = ScanHtml(ReportHtml(testing::SampleView()));
  for (const HtmlElement& e : scan.elements) {
    EXPECT_EQ(e.attributes.count("src"), 0u);
    if (const auto href = e.attributes.find("href"); href != e.attributes.end()) {
      EXPECT_THAT(href->second, ::testing::StartsWith("#"));
    }
  }
}

TEST(ReportHtml, PolicyAllowsOnlyItsOwnStyleAndScripts) {
  const HtmlScan scan = ScanHtml(ReportHtml(testing::SampleView()));
  std::string policy;
  for (const HtmlElement& e : scan.elements) {
    const auto kind = e.attributes.find("http-equiv");
    if (kind != e.attributes.end()) policy = e.attributes.at("content");
  }
  EXPECT_THAT(policy, AllOf(HasSubstr("default-src 'none'"), HasSubstr("script-src 'sha256-"),
                            HasSubstr("style-src 'sha256-"), Not(HasSubstr("unsafe")),
                            Not(HasSubstr("http"))));
  ASSERT_EQ(scan.scripts.size(), 3u);  // the data block, Chart.js, ours
  EXPECT_EQ(scan.scripts[1], kChartJs);
  EXPECT_EQ(scan.scripts[2], kReportJs);
}

TEST(ReportHtml, EveryPayloadInEveryTextStaysText) {
  const SweepView sample = testing::SampleView();
  const std::set<std::string> known = Names(ScanHtml(ReportHtml(sample)));
  for (const std::string& payload : testing::InjectionPayloads()) {
    const std::string html = ReportHtml(testing::WithEveryTextReplaced(sample, payload));
    const HtmlScan scan = ScanHtml(html);
    ASSERT_EQ(scan.problem, "") << payload.substr(0, 100);
    EXPECT_THAT(Names(scan), IsSubsetOf(known)) << payload.substr(0, 100);
    EXPECT_EQ(scan.Count("script"), 3u);
    EXPECT_THAT(scan.text, HasSubstr(VisibleText(Shortened(payload, 2'000))));
    const std::string page = html.substr(0, html.find("<script"));
    EXPECT_EQ(VisibleText(page), page) << "hidden characters or broken UTF-8";
  }
}

TEST(ReportHtml, WhatWasNotMeasuredIsSaid) {
  SweepView view = testing::SampleView();
  for (CellView& cell : view.models[0].cells) {
    cell.quality = {};
    cell.bound.clear();
    cell.bandwidth_gbps = cell.inter_token_p50_ms = cell.inter_token_p99_ms = 0;
    cell.prefill_tps = cell.ttft_ms = {};
  }
  const HtmlScan scan = ScanHtml(ReportHtml(view));
  EXPECT_EQ(scan.problem, "");
  EXPECT_THAT(scan.text, HasSubstr("A speed without its quality is no reason"));
  EXPECT_THAT(scan.text, AllOf(Not(HasSubstr("n=0")), Not(HasSubstr("nan"))));
}

TEST(ReportHtml, SaysWhenNothingWasSweptOrNothingIsRecommended) {
  EXPECT_THAT(ScanHtml(ReportHtml({})).text, HasSubstr("No model was swept."));
  SweepView view = testing::SampleView();
  view.models[0].recommendation = {.why = "Every setting failed."};
  const HtmlScan scan = ScanHtml(ReportHtml(view));
  EXPECT_EQ(scan.problem, "");
  EXPECT_THAT(scan.text, AllOf(HasSubstr("No setting can be recommended"),
                               HasSubstr("Every setting failed.")));
}

TEST(ReportHtml, SeveralModelsEachGetTheirAnswerFirst) {
  SweepView view = testing::SampleView();
  view.models.push_back(view.models[0]);
  view.models[1].name = "second.gguf";
  const HtmlScan scan = ScanHtml(ReportHtml(view));
  EXPECT_EQ(scan.problem, "");
  EXPECT_EQ(scan.Count("h1"), 1u);
  EXPECT_LT(scan.text.find("Recommended for second.gguf"), scan.text.find("Every setting"));
}

TEST(ReportHtml, AThousandCellsTakeUnderTwoSecondsAndFiveMegabytes) {
  const SweepView view = testing::LargeSampleView(1000);
  const auto start = std::chrono::steady_clock::now();
  const std::string html = ReportHtml(view);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  EXPECT_LT(took.count(), 2.0);
  EXPECT_LT(html.size(), 5u << 20);
  EXPECT_EQ(ScanHtml(html).problem, "");
}

}  // namespace
}  // namespace moebench
