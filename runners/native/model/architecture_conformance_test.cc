// Against llama.cpp, architecture by architecture: logits of a prompt of 96 tokens and of 32 tokens
// decoded one by one, at the trained number of experts and at two others, on small models with
// every feature on (gguf/testing/tiny_model.h). The numbers were made by testing/make_fixtures.sh.
#include <gtest/gtest.h>

#include <algorithm>

#include "runners/native/model/testing/architecture_agreement.h"
#include "runners/native/model/testing/quant_models.h"

namespace moebench {
namespace {

std::string GtestName(std::string name) {
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

class ArchitectureConformance : public testing::TestWithParam<TinyModel> {};

TEST_P(ArchitectureConformance, GivesLlamaCppsLogitsAndTokens) {
  ExpectAgreement(GetParam(), ParseFixture(FixtureText("arch_" + GetParam().name + ".txt")));
}

INSTANTIATE_TEST_SUITE_P(All, ArchitectureConformance, testing::ValuesIn(TinyModels()),
                         [](const auto& param_info) { return GtestName(param_info.param.name); });

class QuantisedArchitecture : public testing::TestWithParam<QuantisedTinyModel> {};

TEST_P(QuantisedArchitecture, GivesLlamaCppsLogitsAndTokens) {
  ExpectQuantisedAgreement(BuildQuantised(GetParam()),
                           ParseFixture(FixtureText("arch_" + GetParam().name + ".txt")));
}

INSTANTIATE_TEST_SUITE_P(All, QuantisedArchitecture, testing::ValuesIn(QuantisedTinyModels()),
                         [](const auto& param_info) { return GtestName(param_info.param.name); });

}  // namespace
}  // namespace moebench
