// Against a live llama-server, which runs the templates: its /apply-template and our fixed texts
// give the same turn. `./run peer` brings it and sets MOEBENCH_LLAMACPP; without it this skips.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "harness/base/error.h"
#include "harness/base/files.h"
#include "runners/native/tokenizer/chat.h"
#include "runners/native/tokenizer/testing/llama_server.h"

namespace moebench {
namespace {

namespace fs = std::filesystem;

const fs::path kRoot = MOEBENCH_SOURCE_DIR;

std::string TurnOf(const ChatFormat& format, Think think, std::string_view user) {
  std::string text;
  for (const TextSegment& segment : FormatUserTurn(format, user, think)) text += segment.text;
  return text;
}

std::string PromptOf(const LlamaServer& server, bool think, const std::string& user) {
  const nlohmann::json asked = {
      {"messages", {{{"role", "user"}, {"content", user}}}},
      {"chat_template_kwargs", {{"enable_thinking", think}, {"thinking", think}}}};
  return nlohmann::json::parse(server.Post("/apply-template", asked.dump()))["prompt"];
}

// Where ours is another on purpose.
const std::map<std::string, std::string> kDiffers = {
    {"StepFun3.5-Flash.jinja", "llama-server trims the user's text, the template doesn't"},
    {"stepfun-ai-Step-3.5-Flash.jinja", "the same"},
    {"llama-cpp-deepseek-r1.jinja", "ends the user's turn, which DeepSeek's own template doesn't"},
    {"openai-gpt-oss-120b.jinja", "has today's date, ours is the same every night"}};

TEST(ChatPeer, LlamaServersPromptEndsWithOurTurn) {
  const char* llamacpp = std::getenv("MOEBENCH_LLAMACPP");
  if (llamacpp == nullptr) GTEST_SKIP() << "no llama-server: './run peer' brings one";
  const fs::path folder =
      kRoot.parent_path() / "shared" / "data" / "chat_templates" / "models" / "templates";
  if (!fs::exists(folder)) {
    GTEST_SKIP() << "no ../shared/data/chat_templates beside the repository";
  }
  const std::string user = "  UU  ";
  int compared = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != ".jinja") continue;
    const ChatFormat format = DetectChatFormat(ReadFile(entry.path(), 1 << 20));
    if (format.family == ChatFamily::kNone) continue;
    const LlamaServer server(std::string(llamacpp) + " llama-server",
                             {"-m", kRoot / "suites" / "demo" / "demo-moe.gguf", "--jinja",
                              "--chat-template-file", entry.path(), "-c", "256", "-t", "1"});
    for (const bool on : {false, true}) {
      const Think think = on && format.thinking ? Think::kOn : Think::kUsual;
      const std::string prompt = PromptOf(server, on, user), turn = TurnOf(format, think, user);
      const bool same = prompt.ends_with(turn);
      EXPECT_EQ(same, !kDiffers.contains(entry.path().filename()))
          << entry.path().filename() << (on ? " on" : " off") << "\nours: " << turn
          << "\nits own: " << prompt;
      compared += same;
    }
  }
  EXPECT_GE(compared, 70);
}

}  // namespace
}  // namespace moebench
