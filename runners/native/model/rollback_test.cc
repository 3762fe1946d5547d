// Tokens taken back leave nothing behind, to the bit, whatever kind of layers a model has: passes
// of the same sizes over the same tokens give the same logits as if the others had never been.
#include <gtest/gtest.h>
#include <sched.h>

#include <algorithm>

#include "runners/native/gguf/testing/temp_file.h"
#include "runners/native/gguf/testing/tiny_model.h"
#include "runners/native/model/engine.h"

namespace moebench {
namespace {

constexpr int kVocabulary = 128, kK = 4;

// The first two that may be used, or the only one twice.
std::vector<int> TwoCpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  sched_getaffinity(0, sizeof set, &set);
  std::vector<int> cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE && cpus.size() < 2; ++cpu) {
    if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
  }
  return {cpus.front(), cpus.back()};
}

std::vector<int> Tokens(int n, int from = 0) {
  std::vector<int> tokens;
  for (int i = 0; i < n; ++i) tokens.push_back(((from + i) * 29 + 7) % kVocabulary);
  return tokens;
}

class Rollback : public testing::TestWithParam<std::tuple<const char*, TensorType>> {
 protected:
  Rollback()
      : file_(BuildTinyModel(TinyModelNamed(std::get<0>(GetParam())), std::get<1>(GetParam()))
                  .Build()),
        engine_(GgufFile::Open(file_.path()), {.thread_cpus = TwoCpus(), .context_tokens = 128}) {}

  // Logits of all tokens of a pass.
  std::vector<float> Pass(const std::vector<int>& tokens, Hold hold) {
    std::vector<float> logits(tokens.size() * kVocabulary);
    model().Forward(tokens, kK, LogitsOf::kAll, logits, hold);
    return logits;
  }
  // Each in a pass of its own.
  std::vector<float> OneByOne(const std::vector<int>& tokens, Hold hold) {
    std::vector<float> all;
    for (const int token : tokens) {
      const std::vector<float> logits = Pass({token}, hold);
      all.insert(all.end(), logits.begin(), logits.end());
    }
    return all;
  }
  void Begin() {
    model().Reset();
    model().Forward(Tokens(21), kK, LogitsOf::kNone, {});
  }
  Transformer& model() { return engine_.transformer(); }

  TempFile file_;
  Engine engine_;
};

TEST_P(Rollback, TokenByTokenGivesWhatStraightDecodingGives) {
  const std::vector<int> first = Tokens(5, 40), wrong = Tokens(6, 90), right = Tokens(9, 60);
  Begin();
  OneByOne(first, Hold::kForGood);
  const std::vector<float> wanted = OneByOne(right, Hold::kForGood);
  Begin();
  OneByOne(first, Hold::kRevocable);
  OneByOne(wrong, Hold::kRevocable);
  model().Rewind(26);
  EXPECT_EQ(OneByOne(right, Hold::kRevocable), wanted);
  model().Confirm();
  model().Rewind(35);
}

TEST_P(Rollback, PassesOfManyTokensGiveWhatStraightPassesGive) {
  const std::vector<int> right = Tokens(6, 60), next = Tokens(4, 80);
  Begin();
  const std::vector<float> wanted = Pass(right, Hold::kForGood);
  const std::vector<float> wanted_next = Pass(next, Hold::kForGood);
  Begin();
  Pass(Tokens(16, 90), Hold::kRevocable);
  model().Rewind(21);
  EXPECT_EQ(Pass(right, Hold::kRevocable), wanted);
  Pass(Tokens(10, 3), Hold::kRevocable);
  model().Rewind(27);
  EXPECT_EQ(Pass(next, Hold::kForGood), wanted_next);
}

// As speculation goes: of each pass some tokens stay, and of those the logits are what decoding
// them straight gives, one after the other.
TEST_P(Rollback, PassesOfWhichSomeTokensStayGiveWhatStraightDecodingGives) {
  Begin();
  std::vector<int> stayed;
  std::vector<float> all;
  for (int step = 0; step < 12; ++step) {
    const int n = 1 + step * 7 % 16, kept = 1 + step * 5 % n, begin = model().position();
    const std::vector<int> tokens = Tokens(n, step);
    model().Confirm();
    const std::vector<float> logits = Pass(tokens, Hold::kRevocable);
    stayed.insert(stayed.end(), tokens.begin(), tokens.begin() + kept);
    all.insert(all.end(), logits.begin(), logits.begin() + kept * kVocabulary);
    model().Rewind(begin + kept);
  }
  Begin();
  EXPECT_EQ(OneByOne(stayed, Hold::kForGood), all);
}

TEST_P(Rollback, ACheckpointComesBackAfterAnyNumberOfTokens) {
  Begin();
  Pass(Tokens(5, 2), Hold::kRevocable);
  model().Rewind(23);
  std::vector<float> saved(model().state_floats());
  model().SaveState(saved);
  const std::vector<float> wanted = Pass(Tokens(6, 60), Hold::kForGood);
  Pass(Tokens(40, 9), Hold::kForGood);
  model().RestoreState(saved, 23);
  EXPECT_EQ(Pass(Tokens(6, 60), Hold::kForGood), wanted);
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, Rollback,
    testing::Combine(testing::Values("qwen3next", "qwen35moe", "granitehybrid", "gpt-oss"),
                     testing::Values(TensorType::kF32, TensorType::kQ8_0)),
    [](const auto& param_info) {
      std::string name = std::string(std::get<0>(param_info.param)) +
                         (std::get<1>(param_info.param) == TensorType::kF32 ? "_f32" : "_q8_0");
      std::replace(name.begin(), name.end(), '-', '_');
      return name;
    });

}  // namespace
}  // namespace moebench
