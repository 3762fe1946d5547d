// A trace's forecast beside the measurement: orders, ties, and where they contradict each other.
#include "results/forecast_section.h"

#include <gmock/gmock.h>

#include "results/numa_section.h"
#include "results/testing/placements.h"

namespace moebench {
namespace {

using testing::CellAt;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

ModelView WithForecasts(std::vector<CellView> cells) {
  ModelView model = testing::ModelWith(std::move(cells));
  model.forecasts = {{"row-shard", 100e6, 0, 1},
                     {"replicate", 100e6, 0, 1},
                     {"interleave", 100e6, 0.75, 1},
                     {"expert-shard(against co-activation)", 120e6, 0, 0.83},
                     {"expert-shard(by load)", 140e6, 0, 0.71},
                     {"expert-shard(round robin)", 160e6, 0, 0.63},
                     {"local", 400e6, 0, 0.25}};
  model.forecast_k = 8;
  return model;
}

std::vector<std::string> Column(const ReportSection& section, size_t column) {
  std::vector<std::string> values;
  for (const TextTable::Row& row : section.table.rows) values.push_back(row.entries[column].value);
  return values;
}

TEST(ForecastSection, StandsBesideTheMeasurementOfEachPolicy) {
  const ModelView model =
      WithForecasts({CellAt("interleave", 10, 9.5, 10.5), CellAt("row-shard", 12, 11.5, 12.5),
                     CellAt("local:1", 4, 3.9, 4.1)});
  const ReportSection section = ForecastSection(model);
  ASSERT_THAT(section.table.rows, SizeIs(7));
  EXPECT_THAT(Column(section, 0), ::testing::ElementsAre("100 MB", "100 MB", "100 MB", "120 MB",
                                                         "140 MB", "160 MB", "400 MB"));
  EXPECT_THAT(Column(section, 1),
              ::testing::ElementsAre("1 to 2", "apart: many texts", "1 to 2", "3", "4", "5", "6"));
  EXPECT_THAT(Column(section, 3),
              ::testing::ElementsAre("12.00 [11.50, 12.50], n=3", "not measured",
                                     "10.00 [9.50, 10.50], n=3", "not measured", "not measured",
                                     "not measured", "4.000 [3.900, 4.100], n=3"));
  EXPECT_THAT(Column(section, 4), ::testing::ElementsAre("1", "not measured", "2", "not measured",
                                                         "not measured", "not measured", "3"));
  EXPECT_THAT(section.notes, ::testing::ElementsAre("Where the measurement tells policies apart it "
                                                    "agrees with the forecast."));
}

TEST(ForecastSection, NamesAMeasuredOrderThatContradictsIt) {
  ModelView model =
      WithForecasts({CellAt("row-shard", 10, 9.5, 10.5), CellAt("local:0", 15, 14.5, 15.5)});
  model.cells[0].bound = "memory";
  model.cells[0].numa.bound = {.kind = BoundKind::kUnknown, .word = "unknown", .why = ""};
  model.cells[0].numa.wait = 0.6;
  const ReportSection section = ForecastSection(model);
  ASSERT_THAT(section.notes, SizeIs(1));
  EXPECT_EQ(section.notes[0],
            "The measurement contradicts the forecast: local was faster than row-shard, 15.00 "
            "against 10.00 tokens/s, though for a token its busiest node is asked for 4 times the "
            "bytes. Of row-shard: can't tell what bounds it (waiting 60 %).");
}

TEST(ForecastSection, IntervalsThatOverlapContradictNothing) {
  EXPECT_THAT(
      ForecastSection(WithForecasts({CellAt("row-shard", 10, 8, 12), CellAt("local:0", 11, 9, 13)}))
          .notes,
      IsEmpty());
  ModelView once = WithForecasts({CellAt("row-shard", 10, 10, 10), CellAt("local:0", 15, 15, 15)});
  for (CellView& cell : once.cells) cell.decode_tps.n = 1;
  EXPECT_THAT(ForecastSection(once).notes, IsEmpty());
}

TEST(ForecastSection, ForecastsThatAreOneSayNothingOfEitherOrder) {
  EXPECT_THAT(ForecastSection(WithForecasts({CellAt("row-shard", 10, 9.5, 10.5),
                                             CellAt("interleave", 15, 14.5, 15.5)}))
                  .notes,
              IsEmpty());
}

TEST(ForecastSection, TakesTheFastestSettingAtTheTracesExpertsOfOneStepOfAllNodes) {
  CellView fewer = CellAt("row-shard", 90, 89, 91);
  fewer.record.cell.k = 4;
  CellView many = CellAt("row-shard", 80, 79, 81);
  many.record.cell.instances = 2;
  CellView copies = CellAt("replicate", 40, 39, 41);
  copies.record.cell.instances = 2;
  CellView threads = CellAt("row-shard/cpu", 12, 11.5, 12.5);
  threads.record.cell.threads = 16;
  const ReportSection section = ForecastSection(
      WithForecasts({CellAt("row-shard", 10, 9.5, 10.5), fewer, many, copies, threads}));
  EXPECT_EQ(section.table.rows[0].entries[3].value, "12.00 [11.50, 12.50], n=3");
  EXPECT_EQ(section.table.rows[0].entries[3].note, "row-shard/cpu, 16 threads");
  EXPECT_EQ(section.table.rows[1].entries[3].note, "replicate, 2 x 8 threads");
}

TEST(ForecastSection, KnowsEveryWayOfPlacingExperts) {
  const ModelView model = WithForecasts({CellAt("interleave", 10, 9, 11)});
  const auto forecast = [&](const std::string& placement) {
    Cell cell;
    cell.placement = placement;
    const ForecastView* found = ForecastOf(model, cell);
    return found ? found->policy : std::string();
  };
  EXPECT_EQ(forecast("expert-shard"), "expert-shard(round robin)");
  EXPECT_EQ(forecast("expert-shard/l3@load=a.routing"), "expert-shard(by load)");
  EXPECT_EQ(forecast("expert-shard:0-3@apart=load=.routing"),
            "expert-shard(against co-activation)");
  EXPECT_EQ(forecast("interleave:0-3/l3"), "interleave");
  EXPECT_EQ(forecast("none"), "");
}

TEST(ForecastSection, CopiesWithATextEachTakeNoPlaceAndContradictNothing) {
  CellView copies = CellAt("replicate", 40, 39, 41);
  copies.record.cell.instances = 4;
  const ReportSection section = ForecastSection(
      WithForecasts({CellAt("row-shard", 12, 11.5, 12.5), CellAt("local:1", 4, 3.9, 4.1), copies}));
  EXPECT_EQ(section.table.rows[1].entries[4].value, "apart: many texts");
  EXPECT_EQ(section.table.rows[0].entries[4].value, "1");
  EXPECT_EQ(section.table.rows[6].entries[4].value, "2");
  EXPECT_THAT(section.notes, ::testing::ElementsAre("Where the measurement tells policies apart it "
                                                    "agrees with the forecast."));
}

TEST(ForecastSection, OnOneNodeThereIsNothing) {
  ModelView model = testing::ModelWith({CellAt("interleave", 10, 9, 11)});
  EXPECT_TRUE(ForecastSection(model).table.empty());
  EXPECT_THAT(NumaSection(model).table.head, Not(::testing::Contains("forecast")));
  EXPECT_THAT(NumaSection(WithForecasts(model.cells)).table.head, ::testing::Contains("forecast"));
}

}  // namespace
}  // namespace moebench
