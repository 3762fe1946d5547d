#include "results/report_facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "results/testing/sample_view.h"

namespace moebench {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(FactsOfJson, FlattensObjectsAndKeepsPlainListsTogether) {
  EXPECT_THAT(FactsOfJson(R"({"cpu":{"cores":2},"nodes":[0,1],"list":[{"a":1}],"none":""})"),
              ElementsAre(Pair("cpu.cores", "2"), Pair("list[0].a", "1"), Pair("nodes", "0, 1")));
}

TEST(FactsOfJson, ShowsWhatIsNotJsonAsItIs) {
  EXPECT_THAT(FactsOfJson("{broken"), ElementsAre(Pair("record", "{broken")));
  EXPECT_THAT(FactsOfJson(""), IsEmpty());
}

TEST(FactsOfJson, SurvivesAnyDepth) {
  const size_t depth = 200'000;
  EXPECT_NO_THROW(FactsOfJson(std::string(depth, '[') + std::string(depth, ']')));
  std::string objects;
  for (size_t i = 0; i < depth; ++i) objects += "{\"a\":";
  EXPECT_NO_THROW(MachineFacts(objects + "1" + std::string(depth, '}')));
}

TEST(MachineFacts, TellsWhatIsKnownThenWhatIsNotAndWhy) {
  EXPECT_THAT(
      MachineFacts(R"({"schema":"moebench.machine/1","items":{
                "cpu.governor":{"kind":"F","unavailable":"no driver"},
                "cpu.model":{"kind":"F","value":"Made-up CPU"}}})"),
      ElementsAre(Pair("cpu.model", "Made-up CPU"), Pair("cpu.governor", "not known: no driver")));
}

TEST(Reproduce, NamesEveryAxisAndQuotesThePath) {
  ModelView model = testing::SampleView().models[0];
  model.record.path = "my models/a.gguf";
  EXPECT_EQ(
      ReproduceSweep(model),
      "moebench sweep -m 'my models/a.gguf' --experts 8,12,6,4,3,2,1 --decode "
      "plain,draft,lookup --placement interleave --threads 2 --draft models/made-up-draft.gguf");
}

TEST(Troubles, AreGroupedByWhatIsSaidOfThem) {
  ModelView model = testing::SampleView().models[0];
  model.cells.push_back(model.cells[8]);
  const std::vector<Trouble> troubles = TroublesOf(model);
  ASSERT_EQ(troubles.size(), 3u);
  EXPECT_EQ(troubles[0].labels.size(), 2u);
}

}  // namespace
}  // namespace moebench
