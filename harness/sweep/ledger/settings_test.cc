// Ledger 1 to 6, 16, 18, 21: the setting asked for was not the one that ran.
#include <unistd.h>

#include <filesystem>

#include "harness/sweep/ledger/ledger.h"
#include "harness/sweep/measure.h"
#include "results/compare.h"
#include "results/model_facts.h"
#include "runners/native/facts/model_facts.h"
#include "runners/native/gguf/gguf_file.h"
#include "runners/native/gguf/testing/tiny_moe.h"

namespace moebench::ledger {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

ModelFacts FactsOf(GgufBuilder builder) {
  const std::filesystem::path path =
      std::filesystem::path(testing::TempDir()) / ("ledger" + std::to_string(getpid()) + ".gguf");
  builder.Write(path);
  const ModelFacts facts = ReadModelFacts(GgufFile::Open(path));
  std::filesystem::remove(path);
  return facts;
}

TEST_F(Ledger, N01_TheOverrideKeyIsTheModelsOwn) {
  const ModelFacts facts = FactsOf(TinyMoe({.architecture = "qwen3moe", .k0 = 4}));
  EXPECT_EQ(facts.expert_count_key, "qwen3moe.expert_used_count");
  EXPECT_EQ(ExpertCountKey(R"({"architecture":"glm4moe"})"), "glm4moe.expert_used_count");
  // Nothing known: no command line rather than a guessed key that would do nothing.
  Sweep();
  sink_.rows.models[0].facts_json = "{}";
  const Recommendation r = View().models[0].recommendation;
  ASSERT_NE(r.cell_id, CellAt(8).record.cell_id) << "the fake is faster at small k";
  EXPECT_EQ(r.deploy_llamacpp, "");
}

TEST_F(Ledger, N02_KFixedAtTheServersValue) {
  Misbehave(FakeAct::kExecutedK, std::nullopt, 8);
  Sweep();
  EXPECT_THAT(CellAt(4).status, StartsWith("invalid(not_obeyed: asked k = 4, ran 8 to 8"));
  EXPECT_THAT(CellAt(2).status, StartsWith("invalid(not_obeyed: asked k = 2, ran 8 to 8"));
  EXPECT_EQ(CellAt(4).decode_tps.n, 0) << "no number";
}

TEST_F(Ledger, N03_SomeLayersIgnoreTheOverride) {
  Sweep();
  for (TrialRecord* trial : TrialsAt(4)) trial->k_executed_max = 8;
  EXPECT_THAT(CellAt(4).status, StartsWith("invalid(not_obeyed: "));
  EXPECT_EQ(CellAt(4).decode_tps.n, 0);
}

// A reader that takes width = total / k gets other bytes for another k in the header.
TEST_F(Ledger, N04_ExpertWidthComesFromShapesNotFromK) {
  const ModelFacts two = FactsOf(TinyMoe({.k0 = 2}));
  GgufBuilder doctored = TinyMoe({.k0 = 2});
  doctored.SetUint32("qwen3moe.expert_used_count", 4);
  const ModelFacts four = FactsOf(doctored);
  EXPECT_EQ(four.k0, 4);
  EXPECT_EQ(four.expert_bytes, two.expert_bytes);
  EXPECT_GT(two.expert_bytes, 0);
  EXPECT_EQ(four.ActiveBytes(2), two.ActiveBytes(2));
}

// Ten times slower until every page was touched.
class ColdRunner : public Runner {
 public:
  explicit ColdRunner(std::unique_ptr<Runner> inner) : inner_(std::move(inner)) {}
  ModelFacts Inspect(const std::string& path) override { return inner_->Inspect(path); }
  LoadReport Load(const LoadRequest& request, const Progress& progress) override {
    return inner_->Load(request, progress);
  }
  void Warm() override {
    warm_ = true;
    inner_->Warm();
  }
  PlacementProof ReadPlacement() override { return inner_->ReadPlacement(); }
  GenerateResult Generate(const GenerateRequest& request) override {
    GenerateResult result = inner_->Generate(request);
    for (float& ms : result.inter_token_ms) ms *= warm_ ? 1 : 10;
    return result;
  }

 private:
  std::unique_ptr<Runner> inner_;
  bool warm_ = false;
};

TEST_F(Ledger, N05_TheFirstCellIsNotColder) {
  wrap_ = [](std::unique_ptr<Runner> runner, int) {
    return std::make_unique<ColdRunner>(std::move(runner));
  };
  Sweep();
  const CellView control = CellAt(8, 1);
  EXPECT_NEAR(control.speed_ratio.median, 1, 0.01);
  EXPECT_NEAR(CellAt(8).decode_tps.lo, CellAt(8).decode_tps.median, 0.01);
}

TEST_F(Ledger, N06_APromptIsNotReplayedToLookup) {
  suite_.speed.push_back({"s3", suite_.speed[0].prompt});
  try {
    CheckDistinctPrompts(suite_.speed);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("'s1' and 's3' are the same prompt"));
  }
}

TEST_F(Ledger, N16_AnotherEngineUnderTheSameName) {
  Sweep();
  sink_.rows.sessions.back().engine_version = "subprocess fallback";
  EXPECT_THAT(CellAt(4).status, StartsWith("invalid(suspect: two engines under one name, fake 1"));
}

TEST_F(Ledger, N18_ABaselineFromAnotherMachineStateIsNotCompared) {
  Sweep();
  SweepRows other = sink_.rows;
  other.sweep.id = 2;
  other.sweep.machine_hash = "NPS4";
  const auto no_noise = [](const std::string&) { return CellNoise{}; };
  const Comparison compared = CompareSweeps(sink_.rows, other, no_noise);
  ASSERT_FALSE(compared.different.empty());
  EXPECT_THAT(compared.different[0], HasSubstr("the machine or its settings differ"));
  for (const ComparedCell& cell : compared.cells) EXPECT_EQ(cell.verdict, "not_comparable");
  // Nor is such a night part of a history.
  const SweepView view = Analyse(other, {{SpeedsOf(sink_.rows)}, {}});
  for (const CellView& cell : view.models[0].cells) EXPECT_EQ(cell.history.nights, 0);
}

TEST_F(Ledger, N21_ACommandThatNeverRanIsAFailureNotAResult) {
  Misbehave(FakeAct::kError, 2, 0, "env: OMP_NUM_THREADS=1: no such file");
  Sweep();
  EXPECT_THAT(CellAt(2).status, StartsWith("failed("));
  EXPECT_THAT(CellAt(2).status, HasSubstr("no such file"));
  EXPECT_EQ(View().failed, 1);
}

}  // namespace
}  // namespace moebench::ledger
