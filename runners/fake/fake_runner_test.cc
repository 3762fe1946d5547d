#include "runners/fake/fake_runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "harness/base/error.h"

namespace moebench {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::SizeIs;

LoadRequest LoadOn(std::vector<int> nodes) {
  return {.model_path = "m.gguf",
          .placement = {.policy = "interleave", .thread_cpus = {0, 1}, .memory_nodes = nodes},
          .context_tokens = 256};
}

std::unique_ptr<Runner> Loaded(const std::string& script) {
  auto runner = MakeFakeRunner(script);
  runner->Load(LoadOn({0}), {});
  return runner;
}

double Tps(const GenerateResult& result) {
  double sum_ms = 0;
  for (const float ms : result.inter_token_ms) sum_ms += static_cast<double>(ms);
  return 1e3 * static_cast<double>(result.inter_token_ms.size()) / sum_ms;
}

std::string ProblemOf(const std::string& script) {
  try {
    LoadFakeScript(script);
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ExitCode::kConfig);
    return e.problem() + "; " + e.hint();
  }
  return "no problem";
}

TEST(FakeRunner, TextIsLessProbableByTheScriptsDivergence) {
  auto runner = Loaded(R"({"divergence": {"4": 0.2, "2": 0.8}})");
  const TextScoreRequest request{
      .text = std::string(40'000, 'x'), .ks = {8, 8, 4, 2}, .window_tokens = 100};
  const TextScore score = runner->ScoreText(request);
  ASSERT_THAT(score.arms, SizeIs(4));
  EXPECT_EQ(score.arms[0].log_p, score.arms[1].log_p);
  const auto mean = [](const std::vector<float>& values) {
    double sum = 0;
    for (const float value : values) sum += static_cast<double>(value);
    return sum / static_cast<double>(values.size());
  };
  EXPECT_EQ(mean(score.arms[1].kl), 0);
  EXPECT_NEAR(mean(score.arms[2].kl), 0.2, 0.01);
  EXPECT_NEAR(mean(score.arms[0].log_p) - mean(score.arms[2].log_p), 0.2, 0.03);
  EXPECT_NEAR(mean(score.arms[3].kl), 0.8, 0.04);
}

TEST(FakeRunner, TheRightContinuationIsLikeliestWhereTheScriptSaysSo) {
  auto runner = Loaded(R"({"answers": {"2+3=": "5"}, "accuracy": {"8": 1, "1": 0}})");
  const ChoiceScoreRequest request{.prompt = "2+3=", .continuations = {"4", "5"}, .k = 8};
  const ChoiceScore right = runner->ScoreChoices(request);
  EXPECT_GT(right.continuations[1].log_p[0], right.continuations[0].log_p[0]);
  auto at_1 = request;
  at_1.k = 1;
  const ChoiceScore wrong = runner->ScoreChoices(at_1);
  EXPECT_LT(wrong.continuations[1].log_p[0], wrong.continuations[0].log_p[0]);
}

TEST(FakeRunner, RoutingIsTracedWhereTheScriptSaysSo) {
  EXPECT_THROW(Loaded("{}")->TraceRouting({.text = "some text"}), Error);
  const std::string script = R"({"routing_skew": 2})";
  EXPECT_THAT(CapabilitiesOf(LoadFakeScript(script)), testing::Contains(kTracesRouting));
  auto runner = Loaded(script);
  const RoutingResult result =
      runner->TraceRouting({.text = std::string(4000, 'x'), .k = 4, .max_tokens = 100});
  EXPECT_EQ(result.trace.n_tokens(), 100);
  EXPECT_EQ(result.trace.n_layers, 4);
  EXPECT_THAT(result.trace.Experts(99, 3), SizeIs(4));
  EXPECT_GT(std::count(result.trace.ids.begin(), result.trace.ids.end(), 0),
            4 * std::count(result.trace.ids.begin(), result.trace.ids.end(), 31));
  EXPECT_EQ(runner->TraceRouting({.text = "eight by", .k = 4}).trace.n_tokens(), 3);
}

TEST(FakeRunner, Speed_IsWhatTheScriptSays) {
  auto runner = Loaded(R"({"tokens_per_s": {"8": 100, "4": 1000000}})");
  const GenerateRequest request{.prompt = "p", .k = 8, .max_tokens = 50, .ignore_eos = true};
  const auto at_8 = runner->Generate(request);
  EXPECT_THAT(at_8.inter_token_ms, SizeIs(49));
  EXPECT_NEAR(Tps(at_8), 100, 0.01);
  EXPECT_EQ(at_8.finish, "length");
  auto other = request;
  other.k = 4;
  EXPECT_NEAR(Tps(runner->Generate(other)), 1e6, 100);
  other.k = 2;  // not listed: the ratio of the bytes
  const ModelFacts facts = runner->Inspect("m.gguf");
  EXPECT_NEAR(Tps(runner->Generate(other)), 100 * facts.MaxSpeedup(2), 0.1);
}

TEST(FakeRunner, KOfZero_IsTheModelsOwn) {
  EXPECT_EQ(Loaded("{}")->Generate({.prompt = "p"}).k_executed_min, 8);
}

TEST(FakeRunner, ImpossibleRequests_AreErrors) {
  auto runner = Loaded("{}");
  EXPECT_THROW(runner->Generate({.prompt = "p", .k = 33}), Error);
  EXPECT_THROW(runner->Generate({.prompt = "p", .k = -1}), Error);
  EXPECT_THROW(runner->Generate({.prompt = "p", .decoding = "draft"}), Error);
  EXPECT_THROW(runner->Generate({.prompt = "p", .max_tokens = 0}), Error);
}

constexpr char kSpeculates[] = R"({"speculation": {
    "lookup": {"acceptance": {"8": 0}},
    "draft": {"acceptance": {"8": 1, "4": 0.5}, "guesses": 3, "pass_cost": 2, "draft_share": 0.25,
              "diverges_at": 2, "diverges_gap": 0.25}}, "recurrent": ["rollback"]})";

TEST(FakeRunner, Speculation_FollowsTheScript) {
  EXPECT_THAT(CapabilitiesOf(LoadFakeScript(kSpeculates)),
              testing::ElementsAre("decoding:plain", "decoding:draft", "decoding:lookup",
                                   "recurrent:rollback"));
  auto runner = MakeFakeRunner(kSpeculates);
  LoadRequest load = LoadOn({0});
  load.draft_path = "d.gguf";
  runner->Load(load, {});
  GenerateRequest request{.prompt = "p", .k = 8, .max_tokens = 21, .ignore_eos = true};
  const GenerateResult plain = runner->Generate(request);
  EXPECT_EQ(plain.top_gap[1], 1);
  EXPECT_EQ(plain.top_gap[2], 0.25f);
  request.decoding = "draft";
  const GenerateResult all = runner->Generate(request);
  EXPECT_EQ(all.speculation->steps, 5);  // of four tokens each
  EXPECT_EQ(all.speculation->tokens_per_pass, 4);
  EXPECT_EQ(all.drafted, 15);
  EXPECT_EQ(all.accepted, 15);
  EXPECT_EQ(all.speculation->accepted_at, (std::vector<int64_t>{5, 5, 5}));
  EXPECT_NEAR(Tps(all), 2 * Tps(plain), 0.01);  // four tokens for the time of two
  EXPECT_EQ(all.inter_token_ms[1], 0);
  EXPECT_NEAR(all.speculation->draft_ms, all.speculation->verify_ms / 3, 1e-6);
  EXPECT_EQ(all.tokens.size(), plain.tokens.size());
  EXPECT_NE(all.tokens[2], plain.tokens[2]);
  request.k = 4;
  request.speculation.draft_tokens = 2;
  const GenerateResult some = runner->Generate(request);
  EXPECT_GT(*some.accepted, 0);
  EXPECT_LT(*some.accepted, *some.drafted);
  EXPECT_EQ(some.speculation->drafted_at.size(), 2u);
  request.k = 8;
  request.decoding = "lookup";
  const GenerateResult none = runner->Generate(request);
  EXPECT_EQ(none.speculation->lookup_accepted, 0);
  EXPECT_LT(Tps(none), Tps(plain));
}

TEST(FakeRunner, Speculation_ThatCanNotBeIsRefused) {
  EXPECT_THROW(Loaded(kSpeculates)->Generate({.prompt = "p", .decoding = "draft"}), Error)
      << "no draft model was loaded";
  EXPECT_NO_THROW(Loaded(kSpeculates)->Generate({.prompt = "p", .decoding = "lookup"}));
  LoadRequest load = LoadOn({0});
  load.draft_path = "d.gguf";
  EXPECT_THROW(MakeFakeRunner(R"({"draft_refused": "other words"})")->Load(load, {}), Error);
  EXPECT_THAT(ProblemOf(R"({"speculation": {"drafts": {}}})"), HasSubstr("did you mean 'draft'?"));
}

TEST(FakeRunner, VerifyCosts_FollowTheUnionOfExperts) {
  const MeasureResult result =
      Loaded("{}")->Measure({.text = "t", .k = 8, .verify_tokens = {1, 4}});
  ASSERT_THAT(result.verify, SizeIs(2));
  EXPECT_NEAR(result.verify[0].ms, 10, 1e-9);
  EXPECT_NEAR(result.verify[1].experts_per_layer, 32 * (1 - std::pow(0.75, 4)), 1e-9);
  EXPECT_NEAR(result.verify[1].ms / result.verify[0].ms,
              result.verify[1].bytes / result.verify[0].bytes, 1e-9);
}

TEST(FakeRunner, Noise_IsLogNormalAndSeeded) {
  const std::string script = R"({"trial_noise": 0.05, "seed": 7})";
  auto a = Loaded(script), b = Loaded(script);
  double sum = 0, sum_squares = 0;
  constexpr int kTrials = 2000;
  for (int i = 0; i < kTrials; ++i) {
    const GenerateRequest request{.prompt = "p", .max_tokens = 4, .ignore_eos = true};
    const double tps = Tps(a->Generate(request));
    EXPECT_EQ(tps, Tps(b->Generate(request)));
    const double z = std::log(tps / 100);
    sum += z;
    sum_squares += z * z;
  }
  EXPECT_NEAR(sum / kTrials, 0, 4 * 0.05 / std::sqrt(kTrials));  // 4 standard errors
  EXPECT_NEAR(std::sqrt(sum_squares / kTrials), 0.05, 4 * 0.05 / std::sqrt(2.0 * kTrials));
}

TEST(FakeRunner, SessionFile_GivesEachProcessItsOwnNoiseAndMisdeeds) {
  const std::string file = ::testing::TempDir() + "fake_sessions";
  std::filesystem::remove(file);
  const std::string script =
      R"({"session_noise": 0.05, "misdeeds": [{"do": "one_token", "session": 1}], "session_file": ")" +
      file + "\"}";
  std::vector<std::size_t> tokens;
  std::set<float> speeds;
  for (int session = 0; session < 3; ++session) {
    const auto result = Loaded(script)->Generate({.prompt = "p", .max_tokens = 4});
    tokens.push_back(result.tokens.size());
    if (!result.inter_token_ms.empty()) speeds.insert(result.inter_token_ms[0]);
  }
  EXPECT_EQ(tokens, (std::vector<std::size_t>{4, 1, 4}));
  EXPECT_THAT(speeds, SizeIs(2));
  std::filesystem::remove(file);
}

TEST(FakeRunner, Accuracy_LosesTheSameItemsFirst) {
  std::string answers;
  for (int i = 0; i < 400; ++i) {
    answers += (i > 0 ? ", \"" : "\"") + std::to_string(i) + "?\": \"yes\"";
  }
  auto runner = Loaded(R"({"accuracy": {"8": 0.9, "4": 0.7}, "answers": {)" + answers + "}}");
  int right_8 = 0, right_4 = 0;
  for (int i = 0; i < 400; ++i) {
    const std::string prompt = std::to_string(i) + "?";
    const bool at_8 = runner->Generate({.prompt = prompt, .k = 8}).text == "yes";
    const bool at_4 = runner->Generate({.prompt = prompt, .k = 4}).text == "yes";
    EXPECT_TRUE(at_8 || !at_4);
    right_8 += at_8;
    right_4 += at_4;
  }
  EXPECT_NEAR(right_8, 360, 24);  // 4 standard deviations of a binomial
  EXPECT_NEAR(right_4, 280, 37);
}

TEST(FakeRunner, ExecutedK_DrivesSpeedAndAnswer) {
  auto runner = Loaded(R"({"tokens_per_s": {"8": 100, "4": 150}, "replies": {"p": {"8": "eight"}},
      "misdeeds": [{"do": "executed_k", "value": 8, "k": 4}]})");
  const auto result = runner->Generate({.prompt = "p", .k = 4});
  EXPECT_EQ(result.k_executed_min, 8);
  EXPECT_EQ(result.k_executed_max, 8);
  EXPECT_EQ(result.text, "eight");
  EXPECT_NEAR(Tps(result), 100, 0.01);
}

TEST(FakeRunner, SpoiltAnswers_LookWellFormed) {
  auto runner = Loaded(R"({"answers": {"p": "a fairly long answer"}, "misdeeds": [
      {"do": "one_token", "nth": 1}, {"do": "cut_off", "value": 3, "nth": 2},
      {"do": "empty", "nth": 3}, {"do": "loop", "text": "ab", "nth": 4},
      {"do": "error", "text": "no such expert", "nth": 5}]})");
  const GenerateRequest request{.prompt = "p", .max_tokens = 30};
  EXPECT_THAT(runner->Generate(request).tokens, SizeIs(1));
  const auto cut = runner->Generate(request);
  EXPECT_EQ(cut.text, "a f");
  EXPECT_EQ(cut.finish, "length");
  EXPECT_EQ(runner->Generate(request).text, "");
  EXPECT_EQ(runner->Generate(request).text, std::string("ababababababababababababababab"));
  EXPECT_THROW(runner->Generate(request), Error);
  EXPECT_EQ(runner->Generate(request).text, "a fairly long answer");
}

TEST(FakeRunner, Placement_IsObeyedUnlessTheScriptSaysOtherwise) {
  const LoadRequest request = LoadOn({0, 1});
  EXPECT_EQ(PlacementMismatch(request.placement, MakeFakeRunner("{}")->Load(request, {}).proof, 2),
            "");
  for (const std::string misdeed : {R"({"do": "pages_elsewhere", "fraction": 0.5, "value": 0})",
                                    R"({"do": "threads_loose"})"}) {
    auto runner = MakeFakeRunner(R"({"misdeeds": [)" + misdeed + "]}");
    EXPECT_NE(PlacementMismatch(request.placement, runner->Load(request, {}).proof, 2), "");
  }
}

TEST(FakeRunner, PipeMisdeeds_NeedAWorkerProcess) {
  auto runner = Loaded(R"({"misdeeds": [{"do": "garbage"}]})");
  EXPECT_THROW(runner->Generate({.prompt = "p"}), Error);
}

TEST(FakeScript, Mistakes_AreNamed) {
  EXPECT_THAT(ProblemOf(R"({"token_per_s": {}})"), HasSubstr("did you mean 'tokens_per_s'?"));
  EXPECT_THAT(ProblemOf(R"({"tokens_per_s": {"eight": 1}})"),
              HasSubstr("'eight' is not a number of experts"));
  EXPECT_THAT(ProblemOf(R"({"misdeeds": [{"do": "crahs"}]})"), HasSubstr("did you mean 'crash'?"));
  EXPECT_THAT(ProblemOf(R"({"misdeeds": [{"do": "crash", "signal": "SIGFOO"}]})"),
              HasSubstr("SIGFOO"));
  EXPECT_THAT(ProblemOf(R"({"model": {"k0": 99}})"), HasSubstr("'k0' is '99'"));
  EXPECT_THAT(ProblemOf("{"), HasSubstr("is not JSON"));
  EXPECT_EQ(ProblemOf(""), "no problem");
  EXPECT_THROW(LoadFakeScript("/nonexistent/script.json"), Error);
}

}  // namespace
}  // namespace moebench
