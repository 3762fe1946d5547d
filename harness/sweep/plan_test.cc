#include "harness/sweep/plan.h"

#include <gmock/gmock.h>

#include <set>

#include "harness/base/error.h"

namespace moebench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

ModelInput Moe(int k0 = 8, int n_experts = 32) {
  ModelInput input;
  input.facts.path = "m.gguf";
  input.facts.n_experts = n_experts;
  input.facts.k0 = k0;
  input.facts.n_moe_layers = 4;
  input.facts.context_length = 512;
  input.facts.dense_bytes_per_token = 1000;
  input.facts.expert_bytes = 100;
  input.facts.file_bytes = 1 << 20;
  input.sha256 = "abc";
  return input;
}

Suite SmallSuite() {
  Suite suite;
  suite.items = {{.id = "i", .prompt = "2+3?", .max_tokens = 8, .grader_kind = "exact"}};
  suite.speed = {{"s", std::string(100, 'x')}};
  return suite;
}

PlanningMachine TwoCores() {
  PlanningMachine machine;
  machine.auto_policies = {"interleave"};
  machine.place = [](const std::string& policy, int threads) -> PlacementPlan {
    if (threads > 2) throw Error{"asks for 4 threads, there are 2 cores", "threads"};
    std::vector<int> cpus;
    for (int i = 0; i < (threads ? threads : 2); ++i) cpus.push_back(i);
    return {policy, cpus, {0}};
  };
  return machine;
}

std::vector<std::string> Labels(const SweepPlan& plan) {
  std::vector<std::string> labels;
  for (const CellRecord& cell : plan.models[0].cells) labels.push_back(CellLabel(cell.cell));
  return labels;
}

TEST(Plan, APlacementIsKnownByWhatItsFileHolds) {
  SweepSpec spec;
  spec.placement = {"interleave", "expert-shard@load=a/t"};
  PlanningMachine machine = TwoCores();
  std::string holds = "0123456789ab";
  machine.placement_content = [&](const std::string& policy) -> std::string {
    if (policy == "interleave") return "";
    if (holds.empty()) throw Error{"can't be opened", "a/t"};
    return holds;
  };
  const auto last = [&] {
    return PlanSweep(spec, {Moe()}, SmallSuite(), machine).models[0].cells.back();
  };
  const CellRecord before = last();
  EXPECT_EQ(before.cell.placement_content, holds);
  spec.placement[1] = "expert-shard@load=moved:/elsewhere=t";
  EXPECT_EQ(last().cell_id, before.cell_id);
  holds = "ba9876543210";
  EXPECT_NE(last().cell_id, before.cell_id);
  holds.clear();
  EXPECT_EQ(last().status, Status::kSkipped);
  EXPECT_THAT(last().reason, HasSubstr("can't be opened"));
}

TEST(Plan, DefaultExpertsGoBelowAndOneAbove) {
  EXPECT_THAT(DefaultExperts(8, 128), ElementsAre(8, 6, 4, 3, 2, 1, 16));
  EXPECT_THAT(DefaultExperts(10, 512), ElementsAre(10, 6, 4, 3, 2, 1, 20));
  EXPECT_THAT(DefaultExperts(2, 8), ElementsAre(2, 1, 4));
  EXPECT_THAT(DefaultExperts(1, 1), ElementsAre(1));
}

TEST(Plan, BaselineComesFirstThenItsControlThenFallingK) {
  const SweepPlan plan = PlanSweep({}, {Moe()}, SmallSuite(), TwoCores());
  EXPECT_THAT(Labels(plan),
              ElementsAre("k=8 plain interleave t=2", "k=8 plain interleave t=2 A/A 1",
                          "k=16 plain interleave t=2", "k=6 plain interleave t=2",
                          "k=4 plain interleave t=2", "k=3 plain interleave t=2",
                          "k=2 plain interleave t=2", "k=1 plain interleave t=2"));
  EXPECT_TRUE(plan.models[0].cells[0].cell.baseline);
  ASSERT_EQ(plan.groups.size(), 1u);
  EXPECT_EQ(plan.groups[0].anchor, 0u);
  EXPECT_THAT(plan.groups[0].cells, ElementsAre(1, 2, 3, 4, 5, 6, 7));
}

TEST(Plan, CellIdsAreUnique) {
  SweepSpec spec;
  spec.placement = {"interleave", "local"};
  spec.threads = {2, 1};
  spec.controls = 2;
  const SweepPlan plan = PlanSweep(spec, {Moe()}, SmallSuite(), TwoCores());
  std::set<std::string> ids;
  for (const CellRecord& cell : plan.models[0].cells) ids.insert(cell.cell_id);
  EXPECT_EQ(ids.size(), plan.models[0].cells.size());
  EXPECT_EQ(plan.CellCount(), 4 * 7 + 2);
  EXPECT_EQ(plan.groups.size(), 4u);
}

TEST(Plan, OnlyOneCellIsTheBaseline) {
  SweepSpec spec;
  spec.placement = {"interleave", "local"};
  const SweepPlan plan = PlanSweep(spec, {Moe()}, SmallSuite(), TwoCores());
  int baselines = 0;
  for (const CellRecord& cell : plan.models[0].cells) baselines += cell.cell.baseline;
  EXPECT_EQ(baselines, 1);
}

TEST(Plan, BaselineIsMeasuredEvenIfNotAsked) {
  SweepSpec spec;
  spec.experts = {4};
  spec.controls = 0;
  EXPECT_THAT(Labels(PlanSweep(spec, {Moe()}, SmallSuite(), TwoCores())),
              ElementsAre("k=8 plain interleave t=2", "k=4 plain interleave t=2"));
}

TEST(Plan, BoundsComeFromTheModelsBytes) {
  const SweepPlan plan = PlanSweep({}, {Moe()}, SmallSuite(), TwoCores());
  const CellRecord& k4 = plan.models[0].cells[4];
  EXPECT_DOUBLE_EQ(k4.bytes_per_token_predicted, 1000 + 4 * 4 * 100);
  EXPECT_DOUBLE_EQ(k4.max_speedup, (1000.0 + 8 * 400) / (1000 + 4 * 400));
}

TEST(Plan, ImpossibleExpertCountIsAUsageError) {
  SweepSpec spec;
  spec.experts = {33};
  try {
    PlanSweep(spec, {Moe()}, SmallSuite(), TwoCores());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kUsage);
    EXPECT_THAT(error.what(), HasSubstr("33 is more than the 32 experts"));
  }
}

TEST(Plan, ExpertCountTooLargeForOneOfTwoModelsIsSkippedThere) {
  SweepSpec spec;
  spec.experts = {16};
  const SweepPlan plan = PlanSweep(spec, {Moe(2, 8), Moe(8, 32)}, SmallSuite(), TwoCores());
  EXPECT_EQ(plan.models[0].cells[0].status, Status::kPlanned);
  const CellRecord& skipped = plan.models[0].cells[2];
  EXPECT_EQ(skipped.cell.k, 16);
  EXPECT_EQ(skipped.status, Status::kSkipped);
  EXPECT_THAT(skipped.reason, HasSubstr("more than the model's 8"));
}

TEST(Plan, GuardsSayWhy) {
  SweepSpec spec;
  spec.decoding = {"plain", "draft"};
  spec.experts = {8};
  ModelInput hybrid = Moe();
  hybrid.facts.n_recurrent_layers = 3;
  const auto reason_of = [&](const ModelInput& model) {
    const SweepPlan plan = PlanSweep(spec, {model}, SmallSuite(), TwoCores());
    EXPECT_EQ(plan.models[0].cells.back().status, Status::kSkipped);
    return plan.models[0].cells.back().reason;
  };
  EXPECT_THAT(reason_of(hybrid), HasSubstr("ssm: 3 recurrent layers"));
  EXPECT_THAT(reason_of(Moe()), HasSubstr("capability: "));
}

ModelInput Hybrid() {
  ModelInput input = Moe();
  input.facts.n_recurrent_layers = 3;
  input.abilities.capabilities = {"decoding:plain", "decoding:lookup", "recurrent:rollback"};
  return input;
}

TEST(Plan, EveryDecodingIsPlannedForEveryKBesidePlain) {
  SweepSpec spec;
  spec.decoding = {"lookup", "draft"};
  spec.experts = {4};
  spec.controls = 0;
  spec.draft_tokens = 3;
  ModelInput model = Moe();
  model.abilities = {{"decoding:lookup", "decoding:draft"}, DraftInput{"d.gguf", "dd", 9, ""}};
  const SweepPlan plan = PlanSweep(spec, {model}, SmallSuite(), TwoCores());
  EXPECT_THAT(Labels(plan), ElementsAre("k=8 plain interleave t=2", "k=8 lookup interleave t=2",
                                        "k=8 draft interleave t=2", "k=4 plain interleave t=2",
                                        "k=4 lookup interleave t=2", "k=4 draft interleave t=2"));
  ASSERT_EQ(plan.groups.size(), 1u);
  EXPECT_EQ(plan.groups[0].draft_path, "d.gguf");
  EXPECT_EQ(plan.groups[0].cells.size(), 5u);
  const Guessing& draft = plan.models[0].cells[2].cell.guessing;
  EXPECT_EQ(draft.draft_sha256, "dd");
  EXPECT_EQ(draft.draft_tokens, 3);
  EXPECT_DOUBLE_EQ(draft.min_probability, spec.min_probability);
  EXPECT_EQ(plan.models[0].cells[1].cell.guessing, (Guessing{.draft_tokens = 3}));
  EXPECT_EQ(plan.models[0].cells[3].cell.guessing, Guessing{});
}

TEST(Plan, WaysBackAreAnAxisOfHybridsOnly) {
  SweepSpec spec;
  spec.decoding = {"plain", "lookup"};
  spec.experts = {8};
  spec.controls = 0;
  spec.recurrent = {"off", "auto", "rollback"};
  const SweepPlan plan = PlanSweep(spec, {Hybrid()}, SmallSuite(), TwoCores());
  EXPECT_THAT(Labels(plan),
              ElementsAre("k=8 plain interleave t=2", "k=8 lookup interleave t=2 no rollback",
                          "k=8 lookup interleave t=2 rollback"));
  EXPECT_EQ(plan.models[0].cells[1].status, Status::kSkipped);
  EXPECT_THAT(plan.models[0].cells[1].reason, HasSubstr("ssm: "));
  EXPECT_EQ(plan.models[0].cells[2].status, Status::kPlanned);
  ModelInput moe = Moe();
  moe.abilities = Hybrid().abilities;
  EXPECT_THAT(Labels(PlanSweep(spec, {moe}, SmallSuite(), TwoCores())),
              ElementsAre("k=8 plain interleave t=2", "k=8 lookup interleave t=2"));
}

TEST(Plan, TheDraftModelNeedsMemoryToo) {
  SweepSpec spec;
  spec.decoding = {"draft"};
  PlanningMachine machine = TwoCores();
  machine.available_bytes = int64_t{1} << 30;
  ModelInput model = Moe();
  model.abilities = {{"decoding:draft"}, DraftInput{"d.gguf", "dd", int64_t{4} << 30, ""}};
  const SweepPlan plan = PlanSweep(spec, {model}, SmallSuite(), machine);
  EXPECT_TRUE(plan.groups.empty());
  EXPECT_THAT(plan.models[0].cells[0].reason, HasSubstr("memory: "));
}

TEST(Plan, ModelThatDoesNotFitIsSkippedWithTheNumbers) {
  PlanningMachine machine = TwoCores();
  machine.available_bytes = int64_t{1} << 30;
  ModelInput large = Moe();
  large.facts.file_bytes = int64_t{4} << 30;
  const SweepPlan plan = PlanSweep({}, {large}, SmallSuite(), machine);
  EXPECT_TRUE(plan.groups.empty());
  EXPECT_EQ(plan.models[0].cells[0].status, Status::kSkipped);
  EXPECT_THAT(plan.models[0].cells[0].reason, HasSubstr("needs about 4.5 GiB, 1.0 GiB are"));
}

TEST(Plan, TheKvTypeIsPartOfEveryCellAndOfTheMemoryItNeeds) {
  SweepSpec spec;
  PlanningMachine machine = TwoCores();
  machine.available_bytes = int64_t{3} << 30;
  ModelInput model = Moe();
  model.facts.file_bytes = int64_t{1} << 30;
  model.facts.context_length = 1 << 20;
  model.facts.kv_bytes_per_position = int64_t{4} << 20;
  Suite suite = SmallSuite();
  suite.speed[0].prompt = std::string(200, 'x');  // 456 tokens with answer and chat format: 1.8 GiB
  EXPECT_EQ(PlanSweep({}, {model}, suite, machine).models[0].cells[0].cell.kv, "f16");
  EXPECT_EQ(PlanSweep({}, {model}, suite, machine).models[0].cells[0].status, Status::kSkipped);
  spec.kv = "q8_0";
  const SweepPlan plan = PlanSweep(spec, {model}, suite, machine);
  EXPECT_EQ(plan.models[0].cells[0].status, Status::kPlanned) << "0.53 of the bytes";
  for (const CellRecord& cell : plan.models[0].cells) EXPECT_EQ(cell.cell.kv, "q8_0");
}

TEST(Plan, PlacementThatIsImpossibleSkipsItsCellsOnly) {
  SweepSpec spec;
  spec.threads = {2, 4};
  const SweepPlan plan = PlanSweep(spec, {Moe()}, SmallSuite(), TwoCores());
  ASSERT_EQ(plan.groups.size(), 1u);
  EXPECT_EQ(plan.models[0].cells.back().status, Status::kSkipped);
  EXPECT_THAT(plan.models[0].cells.back().reason, HasSubstr("there are 2 cores"));
}

TEST(Plan, ContextHoldsTheLongestPromptAndItsAnswer) {
  SweepSpec spec;
  spec.max_tokens = 128;
  EXPECT_EQ(PlanSweep(spec, {Moe()}, SmallSuite(), TwoCores()).models[0].context_tokens, 356);
  spec.max_tokens = 1024;
  EXPECT_EQ(PlanSweep(spec, {Moe()}, SmallSuite(), TwoCores()).models[0].context_tokens, 512);
}

TEST(Plan, DenseModelHasOneCellPerGroup) {
  SweepSpec spec;
  spec.controls = 0;
  EXPECT_THAT(Labels(PlanSweep(spec, {Moe(0, 0)}, SmallSuite(), TwoCores())),
              ElementsAre("dense plain interleave t=2"));
}

}  // namespace
}  // namespace moebench
