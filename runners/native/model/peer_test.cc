// Against a live llama.cpp: what architecture_conformance_test.cc compares with stored numbers is
// computed anew by the program that MOEBENCH_PEER runs (testing/llama_fixture.c). `./run peer`
// brings llama.cpp, builds that program and sets the variable; without it these tests skip.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "runners/native/gguf/testing/temp_file.h"
#include "runners/native/model/testing/architecture_agreement.h"

namespace moebench {
namespace {

std::string OutputOf(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::string output;
  char part[4096];
  while (const std::size_t n = pipe ? std::fread(part, 1, sizeof part, pipe.get()) : 0) {
    output.append(part, n);
  }
  return output;
}

class Peer : public testing::TestWithParam<TinyModel> {};

TEST_P(Peer, LlamaCppGivesOurLogitsAndTokens) {
  const char* peer = std::getenv("MOEBENCH_PEER");
  if (peer == nullptr) GTEST_SKIP() << "no llama.cpp: './run peer' brings one";
  const TinyModel& model = GetParam();
  const TempFile file(BuildTinyModel(model).Build());
  std::string text;
  for (const int k : model.n_experts == 0 ? std::vector{0} : std::vector{4, 1, 6}) {
    text += OutputOf(std::string(peer) + " " + file.path().string() + " " + model.architecture +
                     ".expert_used_count=" + std::to_string(k) + " long 128 2>/dev/null");
  }
  ASSERT_FALSE(text.empty()) << "it says nothing: " << peer;
  ExpectAgreement(model, ParseFixture(text));
}

INSTANTIATE_TEST_SUITE_P(All, Peer, testing::ValuesIn(TinyModels()), [](const auto& param_info) {
  std::string name = param_info.param.name;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace
}  // namespace moebench
