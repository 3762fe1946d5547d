#include "harness/sweep/guards.h"

#include <gmock/gmock.h>

namespace moebench {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

ModelFacts Facts(int n_recurrent_layers) {
  ModelFacts facts;
  facts.n_experts = 8;
  facts.n_recurrent_layers = n_recurrent_layers;
  return facts;
}

const std::vector<std::string> kDecodings = {"decoding:plain", "decoding:lookup", "decoding:draft",
                                             "decoding:draft+lookup"};

Abilities With(std::vector<std::string> more) {
  Abilities abilities{kDecodings, DraftInput{"d.gguf", "d", 100, ""}};
  abilities.capabilities.insert(abilities.capabilities.end(), more.begin(), more.end());
  return abilities;
}

std::string Reason(const std::string& decoding, const ModelFacts& facts, const Abilities& abilities,
                   const std::string& asked = "auto") {
  Cell cell{.k = 2, .decoding = decoding};
  cell.guessing.recurrent = RecurrentSetting(facts, abilities, asked);
  return GuardReason(cell, facts, abilities).value_or("allowed");
}

TEST(Guards, AttentionAloneNeedsNoWayBack) {
  EXPECT_EQ(GuardState(Facts(0), With({}), "auto").guard, StateGuard::kNotNeeded);
  for (const char* decoding : {"plain", "lookup", "draft", "draft+lookup"}) {
    EXPECT_EQ(Reason(decoding, Facts(0), With({})), "allowed");
  }
}

TEST(Guards, RecurrentLayersHaveThreeAnswers) {
  const ModelFacts hybrid = Facts(3);
  const Abilities both = With({"recurrent:rollback", "recurrent:checkpoint"});
  EXPECT_EQ(GuardState(hybrid, both, "auto").guard, StateGuard::kRollback);
  EXPECT_EQ(GuardState(hybrid, both, "rollback").guard, StateGuard::kRollback);
  EXPECT_EQ(GuardState(hybrid, both, "checkpoint").guard, StateGuard::kCheckpoint);
  EXPECT_EQ(GuardState(hybrid, both, "off").guard, StateGuard::kForbidden);
  EXPECT_EQ(GuardState(hybrid, With({}), "auto").guard, StateGuard::kForbidden);
}

TEST(Guards, HybridsAreSafeUnlessTheRunnerRollsBackOrTheUserForcesACheckpoint) {
  const ModelFacts hybrid = Facts(3);
  EXPECT_EQ(Reason("lookup", hybrid, With({"recurrent:rollback"})), "allowed");
  const Abilities checkpoint = With({"recurrent:checkpoint"});
  EXPECT_THAT(Reason("lookup", hybrid, checkpoint), StartsWith("ssm: "));
  EXPECT_THAT(Reason("lookup", hybrid, checkpoint), HasSubstr("checkpoint only"));
  EXPECT_EQ(Reason("lookup", hybrid, checkpoint, "checkpoint"), "allowed");
  EXPECT_THAT(Reason("draft", hybrid, With({})), HasSubstr("this runner offers no way back"));
  EXPECT_THAT(Reason("draft", hybrid, With({"recurrent:rollback"}), "off"),
              HasSubstr("switched off"));
  EXPECT_EQ(Reason("plain", hybrid, With({}), "off"), "allowed");
}

TEST(Guards, ADraftModelMustBeNamedAndFit) {
  Abilities abilities = With({});
  abilities.draft->mismatch = "vocabulary of 1000 tokens, the model's has 1200";
  EXPECT_EQ(Reason("draft", Facts(0), abilities),
            "draft: vocabulary of 1000 tokens, the model's has 1200");
  EXPECT_EQ(Reason("lookup", Facts(0), abilities), "allowed");
  abilities.draft.reset();
  EXPECT_THAT(Reason("draft+lookup", Facts(0), abilities), StartsWith("no draft model"));
  EXPECT_EQ(Reason("lookup", Facts(0), abilities), "allowed");
}

TEST(Guards, WhatTheRunnerDoesNotOfferIsSkippedInItsName) {
  const Abilities plain{{"decoding:plain"}, DraftInput{"d.gguf", "d", 100, ""}};
  EXPECT_EQ(Reason("lookup", Facts(0), plain),
            "capability: this version's native runner does not offer 'lookup'");
  EXPECT_EQ(Reason("plain", Facts(0), {}), "allowed") << "every runner does that";
}

TEST(Guards, MoreExpertsThanThereAreComeFirst) {
  Cell cell{.k = 9, .decoding = "draft"};
  EXPECT_THAT(GuardReason(cell, Facts(3), {}).value(), StartsWith("experts: k = 9"));
}

}  // namespace
}  // namespace moebench
