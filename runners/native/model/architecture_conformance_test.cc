// Against llama.cpp, architecture by architecture: logits of a prompt of 96 tokens and of 32 tokens
// decoded one by one, at the trained number of experts and at two others, on small models with
// every feature on (gguf/testing/tiny_model.h). The numbers were made by testing/make_fixtures.sh.
#include <gtest/gtest.h>

#include <algorithm>

#include "runners/native/model/testing/architecture_agreement.h"

namespace moebench {
namespace {

class ArchitectureConformance : public testing::TestWithParam<TinyModel> {};

TEST_P(ArchitectureConformance, GivesLlamaCppsLogitsAndTokens) {
  ExpectAgreement(GetParam(), ParseFixture(FixtureText("arch_" + GetParam().name + ".txt")));
}

INSTANTIATE_TEST_SUITE_P(All, ArchitectureConformance, testing::ValuesIn(TinyModels()),
                         [](const auto& param_info) {
                           std::string name = param_info.param.name;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace moebench
