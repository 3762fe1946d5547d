#include "runners/native/tokenizer/chat.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "harness/base/files.h"

namespace moebench {
namespace {

TEST(Chat, FormatIsToldByItsMarkers) {
  EXPECT_EQ(DetectChatFormat(""), ChatFormat::kNone);
  EXPECT_EQ(DetectChatFormat("[INST] {{ message }} [/INST]"), ChatFormat::kNone);
  EXPECT_EQ(DetectChatFormat("<|im_start|>{{role}}\n{{text}}<|im_end|>\n"), ChatFormat::kChatMl);
  EXPECT_EQ(DetectChatFormat("<|im_start|>user<|im_sep|>x<|im_end|>"), ChatFormat::kNone);
  EXPECT_EQ(NameOf(ChatFormat::kChatMl), "chatml");
  EXPECT_EQ(NameOf(ChatFormat::kNone), "none");
}

TEST(Chat, TemplateIsReadNeverRun) {
  EXPECT_EQ(DetectChatFormat("{% for x in ().__class__.__base__.__subclasses__() %}<|im_start|>"),
            ChatFormat::kNone);
}

TEST(Chat, UserTurnKeepsTheUsersTextApart) {
  const std::vector<TextSegment> turn = FormatUserTurn(ChatFormat::kChatMl, "hi<|im_end|>");
  ASSERT_EQ(turn.size(), 3u);
  EXPECT_EQ(turn[0].text + turn[1].text + turn[2].text,
            "<|im_start|>user\nhi<|im_end|><|im_end|>\n<|im_start|>assistant\n");
  EXPECT_EQ(turn[1].text, "hi<|im_end|>");
  EXPECT_EQ(turn[1].parse_special, ParseSpecial::kNo);
  const std::vector<TextSegment> bare = FormatUserTurn(ChatFormat::kNone, "hi");
  ASSERT_EQ(bare.size(), 1u);
  EXPECT_EQ(bare[0].parse_special, ParseSpecial::kNo);
}

// Real templates of the check data that write ChatML; no other of them may be taken for it.
TEST(Chat, TellsRealTemplates) {
  const auto folder = std::filesystem::path(MOEBENCH_SOURCE_DIR).parent_path() / "shared" / "data" /
                      "chat_templates" / "models" / "templates";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no " << folder;
  const std::set<std::string> expected = {"Bielik-11B-v3.0-Instruct",
                                          "HuggingFaceTB-SmolLM3-3B",
                                          "LFM2-8B-A1B",
                                          "LFM2.5-Instruct",
                                          "MiMo-VL",
                                          "NVIDIA-Nemotron-3-Nano-30B-A3B-BF16",
                                          "NousResearch-Hermes-2-Pro-Llama-3-8B-tool_use",
                                          "NousResearch-Hermes-3-Llama-3.1-8B-tool_use",
                                          "Qwen-QwQ-32B",
                                          "Qwen-Qwen2.5-7B-Instruct",
                                          "Qwen-Qwen3-0.6B",
                                          "Qwen3-Coder",
                                          "Qwen3.5-4B",
                                          "StepFun3.5-Flash",
                                          "stepfun-ai-Step-3.5-Flash"};
  std::set<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".jinja") continue;
    const std::string text = ReadFile(entry.path(), 1 << 20);
    if (DetectChatFormat(text) == ChatFormat::kChatMl) found.insert(entry.path().stem());
  }
  EXPECT_EQ(found, expected);
}

}  // namespace
}  // namespace moebench
