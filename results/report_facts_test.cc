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
  EXPECT_EQ(ReproduceSweep(model, {}),
            "moebench sweep -m 'my models/a.gguf' --experts 8,12,6,4,3,2,1 --decode "
            "plain,draft,lookup --placement interleave,replicate --threads 2 --instances 1,4 "
            "--draft models/made-up-draft.gguf");
}

TEST(Reproduce, SpellsOutWhatTheSweepDidOtherwiseThanByItself) {
  const ModelView model = testing::SampleView().models[0];
  SweepRecord sweep;
  sweep.config_json =
      R"({"suite":"my items","items":40,"sessions":5,"trials":3,"interval":0.015,"seed":7,)"
      R"("min_probability":0.4,"max_tokens":128,"runner":"native","fake_script":""})";
  EXPECT_EQ(ReproduceCell(model.cells[4], sweep),
            "moebench sweep -m models/made-up-moe-demo.gguf --experts 4 --decode plain --placement "
            "interleave --threads 2 --suite 'my items' --items 40 --sessions 5 --interval 1.5% "
            "--seed 7");
}

TEST(Changes, AreCountedOrSaidToBeNone) {
  EXPECT_EQ(ChangesInWords({}), "No sweep of these models came before in this database.");
  NightChanges changes{.sweep_id = 11, .started = "2026-11-21T01:00:00Z"};
  EXPECT_EQ(ChangesInWords(changes),
            "Since sweep 11 of 2026-11-21 01:00: nothing that is recorded changed.");
  changes.facts = {{"governor", "performance", "powersave"}};
  changes.same_machine = false;
  EXPECT_EQ(ChangesInWords(changes),
            "Since sweep 11 of 2026-11-21 01:00: 1 thing changed; the machine is not in the same "
            "state.");
}

TEST(MachineInWords, TellsWhatAMachineIsOnOneLine) {
  EXPECT_EQ(MachineInWords(R"({"schema":"moebench.machine/1","hash":"ab","items":{
                "cpu.model":{"kind":"F","value":"Made-up CPU"},
                "topology.cores":{"kind":"F","value":"2"},
                "topology.nodes":{"kind":"F","value":"1"},
                "cpu.governor":{"kind":"F","unavailable":"no driver"},
                "cpu.hypervisor":{"kind":"F","value":"yes"}}})"),
            "Made-up CPU, 2 cores, 1 NUMA node, virtual machine");
}

TEST(LastingMachineFacts, LeaveOutWhatMovesByItself) {
  EXPECT_THAT(LastingMachineFacts(R"({"items":{
                "boost":{"kind":"F","unavailable":"no driver"},
                "cpu.model":{"kind":"F","value":"Made-up CPU"},
                "load":{"kind":"G","value":"0.2"}}})"),
              ElementsAre(Pair("boost", "not known"), Pair("cpu.model", "Made-up CPU")));
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
