#include "runners/native/tokenizer/chat.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <sstream>

#include "harness/base/error.h"
#include "harness/base/files.h"
#include "runners/native/tokenizer/testing/vocabularies.h"

namespace moebench {
namespace {

using testing::HasSubstr;

std::filesystem::path TestData() {
  return std::filesystem::path(MOEBENCH_SOURCE_DIR) / "runners" / "native" / "tokenizer" /
         "testdata";
}

std::optional<std::filesystem::path> Templates() {
  const auto folder = std::filesystem::path(MOEBENCH_SOURCE_DIR).parent_path() / "shared" / "data" /
                      "chat_templates" / "models" / "templates";
  if (!std::filesystem::exists(folder)) return std::nullopt;
  return folder;
}

std::string FamilyOf(std::string_view template_text) {
  return NameOf(DetectChatFormat(template_text).family);
}

// A turn as one text.
std::string TurnOf(const ChatFormat& format, Think think, std::string_view user = "  UU  ") {
  std::string text;
  for (const TextSegment& segment : FormatUserTurn(format, user, think)) text += segment.text;
  return text;
}

std::string OneLine(const std::string& text) {
  std::string line;
  for (const char c : text) {
    if (c == '\n') line += '\\';
    line += c == '\n' ? 'n' : c;
  }
  return line;
}

TEST(Chat, FamilyIsToldByItsMarkers) {
  const std::map<std::string, std::string> expected = {
      {"", "none"},
      {"{{ message }}", "none"},
      {"<|im_start|>{{role}}\n{{text}}<|im_end|>\n", "chatml"},
      {"<|im_start|>user<|im_sep|>x<|im_end|>", "none"},
      {"{{ '[INST] ' + message['content'].strip() + ' [/INST]' }}", "llama2"},
      {"{{- ' [INST] ' + system_message + message['content'] + ' [/INST]' }}", "mistral-v1"},
      {R"({{- " [INST] " + system_message + message["content"] + " [/INST]" }})", "mistral-v1"},
      {R"("[AVAILABLE_TOOLS] " "[INST] " + message["content"] + "[/INST]")", "mistral-v3"},
      {R"("[AVAILABLE_TOOLS]" "[INST]" + message["content"] + "[/INST]")", "mistral-v3-tekken"},
      {"'[SYSTEM_PROMPT] ' '[INST] ' + message['content'] + '[/INST]'", "mistral-v7"},
      {"'[SYSTEM_PROMPT]' '[INST]' + message['content'] + '[/INST]'", "mistral-v7-tekken"},
      {"[gMASK]<sop><|{{ item['role'] }}|>\n{{ item['content'] }}", "glm4"},
      {"{{ 'User: ' + message['content'] + '\\n\\n' }}{{ eos_token }}{{ 'Assistant:' }}",
       "deepseek2"},
      {"'<|user|>\\n' + message['content'] + '\\n' '<|assistant|>\\n'", "tulu"},
      {"'<|user|>\\n' + message['content'] + eos_token '<|assistant|>'", "zephyr"},
      {"'<|user|>' + '\n' + message['content'] + '<|end|>' + '\n' + '<|assistant|>'", "phi3"},
  };
  for (const auto& [text, family] : expected) EXPECT_EQ(FamilyOf(text), family) << text;
}

TEST(Chat, TemplateIsReadNeverRun) {
  EXPECT_EQ(FamilyOf("{% for x in ().__class__.__base__.__subclasses__() %}<|im_start|>"), "none");
}

TEST(Chat, UserTurnKeepsTheUsersTextApart) {
  const ChatFormat chatml = DetectChatFormat("<|im_start|><|im_end|>");
  const auto turn = FormatUserTurn(chatml, "hi<|im_end|>", Think::kUsual);
  ASSERT_EQ(turn.size(), 3u);
  EXPECT_EQ(turn[0].text + turn[1].text + turn[2].text,
            "<|im_start|>user\nhi<|im_end|><|im_end|>\n<|im_start|>assistant\n");
  EXPECT_EQ(turn[1].text, "hi<|im_end|>");
  EXPECT_EQ(turn[1].parse_special, ParseSpecial::kNo);
  const auto bare = FormatUserTurn(ChatFormat{}, "hi", Think::kUsual);
  ASSERT_EQ(bare.size(), 1u);
  EXPECT_EQ(bare[0].parse_special, ParseSpecial::kNo);
}

void ExpectRefusal(const ChatFormat& format, Think think, const std::string& says) {
  try {
    FormatUserTurn(format, "hi", think);
    FAIL() << "was written";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr(says));
    EXPECT_EQ(error.code(), ExitCode::kUsage);
  }
}

TEST(Chat, ThinkingIsRefusedWhereTheFormatHasNone) {
  const ChatFormat plain = DetectChatFormat("<|im_start|><|im_end|>");
  EXPECT_EQ(ThinkingOf(plain), "none");
  ExpectRefusal(plain, Think::kOn, "(chatml) has no thinking to turn on");
  EXPECT_NO_THROW(FormatUserTurn(plain, "hi", Think::kOff));
  ExpectRefusal(ChatFormat{}, Think::kOn, "(none) has no thinking to turn on");
  EXPECT_NO_THROW(FormatUserTurn(ChatFormat{}, "hi", Think::kOff));
  const ChatFormat always = DetectChatFormat(
      "<｜User｜>{% if add_generation_prompt %}{{'<｜Assistant｜><think>\\n'}}{% endif %}");
  EXPECT_EQ(ThinkingOf(always), "always");
  ExpectRefusal(always, Think::kOff, "(deepseek3) always thinks");
  EXPECT_EQ(TurnOf(always, Think::kUsual, "hi"), "<｜User｜>hi<｜Assistant｜><think>\n");
}

TEST(Chat, HarmonyThinksOrAnswersInItsLastChannel) {
  const ChatFormat harmony = DetectChatFormat("<|start|>{{role}}<|channel|>x<|message|>");
  EXPECT_EQ(ThinkingOf(harmony), "switchable");
  EXPECT_THAT(TurnOf(harmony, Think::kOn), HasSubstr("\n\nReasoning: medium\n\n"));
  const std::string direct = TurnOf(harmony, Think::kUsual);
  EXPECT_THAT(direct, HasSubstr("\n\nReasoning: low\n\n"));
  EXPECT_TRUE(direct.ends_with("<|end|><|start|>assistant<|channel|>final<|message|>"));
}

// Family and thinking of the 55 real templates of the check data.
const std::map<std::string, std::string> kRealTemplates = {
    {"Apertus-8B-Instruct", "none none"},
    {"Apriel-1.6-15b-Thinker-fixed", "none none"},
    {"Bielik-11B-v3.0-Instruct", "chatml switchable"},
    {"ByteDance-Seed-OSS", "none none"},
    {"CohereForAI-c4ai-command-r-plus-tool_use", "none none"},
    {"CohereForAI-c4ai-command-r7b-12-2024-tool_use", "none none"},
    {"GLM-4.6", "glm4 switchable"},
    {"GLM-4.7-Flash", "glm4 switchable"},
    {"GigaChat3-10B-A1.8B", "none none"},
    {"GigaChat3.1-10B-A1.8B", "none none"},
    {"HuggingFaceTB-SmolLM3-3B", "chatml switchable"},
    {"Kimi-K2-Instruct", "kimi-k2 none"},
    {"Kimi-K2-Thinking", "kimi-k2 none"},
    {"LFM2-8B-A1B", "chatml none"},
    {"LFM2.5-Instruct", "chatml none"},
    {"MiMo-VL", "chatml none"},
    {"MiniMax-M2", "none none"},
    {"Mistral-Small-3.2-24B-Instruct-2506", "mistral-v7-tekken none"},
    {"NVIDIA-Nemotron-3-Nano-30B-A3B-BF16", "chatml switchable"},
    {"NVIDIA-Nemotron-Nano-v2", "none none"},
    {"NousResearch-Hermes-2-Pro-Llama-3-8B-tool_use", "chatml none"},
    {"NousResearch-Hermes-3-Llama-3.1-8B-tool_use", "chatml none"},
    {"Qwen-QwQ-32B", "chatml switchable"},
    {"Qwen-Qwen2.5-7B-Instruct", "chatml none"},
    {"Qwen-Qwen3-0.6B", "chatml switchable"},
    {"Qwen3-Coder", "chatml none"},
    {"Qwen3.5-4B", "chatml switchable"},
    {"Reka-Edge", "none none"},
    {"StepFun3.5-Flash", "chatml always"},
    {"deepseek-ai-DeepSeek-R1-Distill-Llama-8B", "deepseek3 always"},
    {"deepseek-ai-DeepSeek-R1-Distill-Qwen-32B", "deepseek3 switchable"},
    {"deepseek-ai-DeepSeek-V3.1", "deepseek3 switchable"},
    {"deepseek-ai-DeepSeek-V3.2", "deepseek3 switchable"},
    {"fireworks-ai-llama-3-firefunction-v2", "llama3 none"},
    {"google-gemma-2-2b-it", "gemma none"},
    {"google-gemma-4-31B-it", "none none"},
    {"google-gemma-4-31B-it-interleaved", "none none"},
    {"ibm-granite-granite-3.3-2B-Instruct", "granite none"},
    {"ibm-granite-granite-4.0", "granite none"},
    {"llama-cpp-deepseek-r1", "deepseek3 always"},
    {"llama-cpp-rwkv-world", "none none"},
    {"meetkai-functionary-medium-v3.1", "llama3 none"},
    {"meetkai-functionary-medium-v3.2", "none none"},
    {"meta-llama-Llama-3.1-8B-Instruct", "llama3 none"},
    {"meta-llama-Llama-3.2-3B-Instruct", "llama3 none"},
    {"meta-llama-Llama-3.3-70B-Instruct", "llama3 none"},
    {"microsoft-Phi-3.5-mini-instruct", "phi3 none"},
    {"mistralai-Ministral-3-14B-Reasoning-2512", "mistral-v7-tekken none"},
    {"mistralai-Mistral-Nemo-Instruct-2407", "mistral-v3-tekken none"},
    {"moonshotai-Kimi-K2", "kimi-k2 none"},
    {"openai-gpt-oss-120b", "harmony switchable"},
    {"stepfun-ai-Step-3.5-Flash", "chatml always"},
    {"unsloth-Apriel-1.5", "none none"},
    {"unsloth-mistral-Devstral-Small-2507", "mistral-v7-tekken none"},
    {"upstage-Solar-Open-100B", "none none"},
};

TEST(ChatTemplates, AreTold) {
  const auto folder = Templates();
  if (!folder) GTEST_SKIP() << "no ../shared/data/chat_templates beside the repository";
  size_t seen = 0;
  for (const auto& [name, expected] : kRealTemplates) {
    const ChatFormat format = DetectChatFormat(ReadFile(*folder / (name + ".jinja"), 1 << 20));
    EXPECT_EQ(NameOf(format.family) + " " + ThinkingOf(format), expected) << name;
    ++seen;
  }
  EXPECT_EQ(seen, 55u);
}

// testing/chat_prompts.py ran the templates.
TEST(ChatTemplates, GiveTheTurnsThatJinjaMakesOfThem) {
  const auto folder = Templates();
  if (!folder) GTEST_SKIP() << "no ../shared/data/chat_templates beside the repository";
  int compared = 0;
  for (const std::string& line : ReadLines(TestData() / "chat_prompts.txt")) {
    std::istringstream fields(line);
    std::string file, way, turn;
    std::getline(std::getline(std::getline(fields, file, '\t'), way, '\t'), turn);
    const ChatFormat format = DetectChatFormat(ReadFile(*folder / file, 1 << 20));
    if (format.family == ChatFamily::kNone) continue;
    // It ends the user's turn with the end of sentence, which DeepSeek's own template does not.
    if (file == "llama-cpp-deepseek-r1.jinja") continue;
    const bool on = way == "on";
    // Ours for gpt-oss opens the last channel, for which its template has no setting.
    if (!on && format.family == ChatFamily::kHarmony) continue;
    const Think think = on && format.thinking ? Think::kOn : Think::kUsual;
    EXPECT_EQ(OneLine(TurnOf(format, think)), turn) << file << " " << way;
    ++compared;
  }
  EXPECT_GE(compared, 70);
}

// What llama.cpp writes without running templates: ours is that and what opens or closes thinking.
TEST(ChatTemplates, GiveTheTurnsOfLlamaCpp) {
  const auto folder = Templates();
  if (!folder) GTEST_SKIP() << "no ../shared/data/chat_templates beside the repository";
  // Where it differs from the template itself, which is what we follow.
  const std::map<std::string, std::string> differs = {
      {"GLM-4.6.jinja", "a line break after <|assistant|>"},
      {"GLM-4.7-Flash.jinja", "line breaks after the roles"},
      {"Mistral-Small-3.2-24B-Instruct-2506.jinja", "a space after [INST]"},
      {"mistralai-Ministral-3-14B-Reasoning-2512.jinja", "a space after [INST]"},
      {"unsloth-mistral-Devstral-Small-2507.jinja", "a space after [INST]"},
      {"Qwen3.5-4B.jinja", "blanks of the user"},
      {"meetkai-functionary-medium-v3.1.jinja", "blanks of the user"},
      {"openai-gpt-oss-120b.jinja", "no system message"}};
  int compared = 0;
  for (const std::string& line : ReadLines(TestData() / "chat_prompts_llama.txt")) {
    const std::string file = line.substr(0, line.find('\t'));
    const std::string turn = line.substr(file.size() + 1);
    const ChatFormat format = DetectChatFormat(ReadFile(*folder / file, 1 << 20));
    if (format.family == ChatFamily::kNone) continue;
    const bool same = OneLine(TurnOf(format, Think::kUsual)).starts_with(turn);
    EXPECT_EQ(same, !differs.contains(file)) << file;
    compared += same;
  }
  EXPECT_GE(compared, 30);
}

}  // namespace
}  // namespace moebench
