// What `moebench inspect` tells of a file of every architecture.

#include <gmock/gmock.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/cli/testing_program.h"
#include "runners/native/gguf/testing/tiny_model.h"

namespace moebench {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string TextOf(const ProgramRun& program, const std::vector<std::string>& arguments) {
  const ProgramResult result = program.Run(arguments);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  return result.out;
}

class InspectEach : public testing::TestWithParam<TinyModel> {};

TEST_P(InspectEach, TellsShapeCostAndGuards) {
  const TinyModel& model = GetParam();
  const ProgramRun program;
  const std::string path = program.Path("m.gguf");
  BuildTinyModel(model).Write(path);
  const auto json = nlohmann::json::parse(TextOf(program, {"inspect", path, "--json"}));
  EXPECT_EQ(json["facts"]["architecture"], model.architecture);
  const nlohmann::json& layers = json["layers"];
  EXPECT_EQ(layers["computed"], model.n_layers);
  EXPECT_EQ(layers["next_token_prediction"], model.n_prediction_layers);
  EXPECT_EQ(layers["dense"], model.n_experts == 0 ? model.n_layers : model.dense_layers);
  int mixed = 0, recurrent = 0;
  for (const nlohmann::json& mixer : layers["mixers"]) {
    mixed += mixer["layers"].get<int>();
    if (mixer["recurrent"].get<bool>()) recurrent += mixer["layers"].get<int>();
  }
  EXPECT_EQ(mixed, model.n_layers);
  EXPECT_EQ(recurrent > 0, model.delta_net || model.mamba2);
  EXPECT_EQ(json["facts"]["state_bytes"].get<int64_t>() > 0, recurrent > 0);
  EXPECT_GT(json["facts"]["kv_bytes_per_position"].get<int64_t>(), 0);
  EXPECT_EQ(layers.contains("window"), model.window > 0);
  EXPECT_EQ(json["guards"]["plain"], "allowed");
  EXPECT_EQ(json["guards"]["memory"], "allowed");
  const std::string text = TextOf(program, {"inspect", path});
  EXPECT_EQ(text.find("S_max(k)") != text.npos, model.n_experts > 0);
  EXPECT_EQ(text.find("never computed") != text.npos, model.n_prediction_layers > 0);
  EXPECT_THAT(
      text, AllOf(HasSubstr(model.architecture), HasSubstr("KV cache"), HasSubstr("chat format"),
                  HasSubstr("none that we know"), HasSubstr("memory here"), Not(HasSubstr("nan"))));
  if (model.n_experts == 0) return;
  EXPECT_EQ(json["facts"]["expert_count_key"], model.architecture + ".expert_used_count");
  const nlohmann::json& experts = json["experts"];
  for (std::size_t i = 1; i < experts.size(); ++i) {  // in falling order of k
    EXPECT_LT(experts[i]["bytes_per_token"], experts[i - 1]["bytes_per_token"]);
    EXPECT_GT(experts[i]["max_speedup"], experts[i - 1]["max_speedup"]);
  }
  EXPECT_THAT(text, HasSubstr("k0 = 4 of N = 16"));
}

INSTANTIATE_TEST_SUITE_P(All, InspectEach, testing::ValuesIn(TinyModels()),
                         [](const auto& param_info) {
                           std::string name = param_info.param.name;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(Inspect, TellsVocabularyAndChatFormatOfTheBundledModel) {
  const std::string demo = std::string(MOEBENCH_SOURCE_DIR) + "/suites/demo/demo-moe.gguf";
  EXPECT_THAT(TextOf(ProgramRun(), {"inspect", demo}),
              AllOf(HasSubstr("byte-level BPE, pre-tokenizer"), HasSubstr("ends of generation"),
                    HasSubstr("chatml, thinking: none")));
}

// 2 of 4 groups of 4 experts.
TEST(Inspect, MostExpertsAreThoseOfTheChosenGroups) {
  const ProgramRun program;
  const std::string path = program.Path("m.gguf");
  BuildTinyModel(TinyModelNamed("deepseek2-v3")).Write(path);
  EXPECT_THAT(TextOf(program, {"inspect", path}), HasSubstr("k = 1 to 8 allowed"));
}

}  // namespace
}  // namespace moebench
