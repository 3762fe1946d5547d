#include "results/report_charts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "results/report_cells.h"
#include "results/report_sections.h"
#include "results/testing/payloads.h"
#include "results/testing/sample_view.h"

namespace moebench {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

TEST(ParetoFrontier, KeepsWhatNoOtherBeatsInBoth) {
  std::vector<CellView> cells(5);
  const double speed[] = {100, 120, 110, 120, 90}, quality[] = {0.9, 0.8, 0.7, 0.6, 0.9};
  std::vector<const CellView*> pointers;
  for (size_t i = 0; i < cells.size(); ++i) {
    cells[i].decode_tps.median = speed[i];
    cells[i].quality.score = quality[i];
    pointers.push_back(&cells[i]);
  }
  EXPECT_THAT(ParetoFrontier(pointers), ElementsAre(Pair(100, 0.9), Pair(120, 0.8)));
}

TEST(ParetoFrontier, LeavesControlsOut) {
  CellView control;
  control.record.cell.control = 1;
  control.decode_tps.median = 1000;
  EXPECT_TRUE(ParetoFrontier({&control}).empty());
}

TEST(ChartData, HoldsEveryMeasuredCellAndTheCurveInRisingOrderOfK) {
  const auto data = nlohmann::json::parse(ChartDataJson(testing::SampleView()));
  const auto& model = data.at("models").at(0);
  EXPECT_EQ(model.at("points").size(), 9u);
  std::vector<int> ks;
  for (const auto& point : model.at("curve")) ks.push_back(point.at("k"));
  EXPECT_THAT(ks, ElementsAre(1, 2, 3, 4, 6, 8, 12));
  EXPECT_EQ(model.at("points").at(4).at("kind"), "recommended");
  EXPECT_EQ(model.at("points").at(4).at("name"), "k=4");
}

TEST(ChartData, LeavesOutWhatWasNotMeasured) {
  SweepView view = testing::SampleView();
  view.models[0].cells[0].quality = {};
  view.models[0].cells[2].decode_tps.median = std::numeric_limits<double>::quiet_NaN();
  const auto data = nlohmann::json::parse(ChartDataJson(view));
  EXPECT_EQ(data.at("models").at(0).at("points").size(), 7u);
}

TEST(ChartData, HoldsTheChartOfEverySectionInItsOrder) {
  const SweepView view = testing::SampleView();
  const auto charts = nlohmann::json::parse(ChartDataJson(view)).at("models").at(0).at("charts");
  size_t expected = 0;
  for (const ReportSection& section : SectionsOf(view.models[0], view)) {
    if (!section.chart) continue;
    ASSERT_LT(expected, charts.size());
    EXPECT_EQ(charts[expected].at("y_title"), section.chart->y_title);
    for (const auto& series : charts[expected].at("series")) {
      EXPECT_EQ(series.at("values").size(), section.chart->x.size()) << section.title;
    }
    ++expected;
  }
  EXPECT_EQ(charts.size(), expected);
  EXPECT_GE(expected, 6u);
}

TEST(ChartData, CanNotLeaveItsScriptElement) {
  const SweepView sample = testing::SampleView();
  for (const std::string& payload : testing::InjectionPayloads()) {
    const std::string json = ChartDataJson(testing::WithEveryTextReplaced(sample, payload));
    EXPECT_EQ(json.find_first_of("<>&\n\r"), std::string::npos);
    for (const char c : json) EXPECT_TRUE(c >= 0x20 && c < 0x7f);
    EXPECT_TRUE(nlohmann::json::accept(json));
  }
}

}  // namespace
}  // namespace moebench
