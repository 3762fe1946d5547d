#include "runners/native/tokenizer/chat_families.h"

#include <array>

#include "harness/base/error.h"

namespace moebench {
namespace {

struct Family {
  ChatFamily family;
  const char* name;
  TurnText turn;
};

// From the models' own templates (tokenizer_config.json, chat_template).
const std::array<Family, 18>& Families() {
  using enum ChatFamily;
  static const std::array<Family, 18> families = {{
      {kChatMl, "chatml", {"<|im_start|>user\n", "<|im_end|>\n<|im_start|>assistant\n"}},
      {kLlama2, "llama2", {"[INST] ", " [/INST]"}},
      {kLlama3,
       "llama3",
       {"<|start_header_id|>user<|end_header_id|>\n\n",
        "<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n"}},
      {kMistralV1, "mistral-v1", {" [INST] ", " [/INST]"}},
      {kMistralV3, "mistral-v3", {"[INST] ", "[/INST]"}},
      {kMistralV3Tekken, "mistral-v3-tekken", {"[INST]", "[/INST]"}},
      {kMistralV7, "mistral-v7", {"[INST] ", "[/INST]"}},
      {kMistralV7Tekken, "mistral-v7-tekken", {"[INST]", "[/INST]"}},
      {kGlm4, "glm4", {"[gMASK]<sop><|user|>\n", "<|assistant|>"}},
      {kDeepSeek2, "deepseek2", {"User: ", "\n\nAssistant:"}},
      {kDeepSeek3, "deepseek3", {"<｜User｜>", "<｜Assistant｜>"}},
      {kHarmony,
       "harmony",
       {"<|start|>system<|message|>You are ChatGPT, a large language model trained by OpenAI.\n"
        "Knowledge cutoff: 2024-06\n\nReasoning: low\n\n# Valid channels: analysis, commentary, "
        "final. Channel must be included for every message.<|end|><|start|>user<|message|>",
        "<|end|><|start|>assistant"}},
      {kGranite,
       "granite",
       {"<|start_of_role|>user<|end_of_role|>",
        "<|end_of_text|>\n<|start_of_role|>assistant<|end_of_role|>"}},
      {kGemma, "gemma", {"<start_of_turn>user\n", "<end_of_turn>\n<start_of_turn>model\n"}},
      {kPhi3, "phi3", {"<|user|>\n", "<|end|>\n<|assistant|>\n"}},
      {kTulu, "tulu", {"<|user|>\n", "\n<|assistant|>\n"}},
      {kZephyr, "zephyr", {"<|user|>\n", "</s>\n<|assistant|>\n"}},
      {kKimiK2,
       "kimi-k2",
       {"<|im_user|>user<|im_middle|>", "<|im_end|><|im_assistant|>assistant<|im_middle|>"}},
  }};
  return families;
}

const Family& Find(ChatFamily wanted) {
  for (const Family& family : Families()) {
    if (family.family == wanted) return family;
  }
  CHECK(false && "a family without texts");
  return Families().front();
}

ChatFamily DetectInstruct(std::string_view text) {
  const auto has = [&](std::string_view marker) { return text.find(marker) != text.npos; };
  const bool space_follows = has("[INST] ");
  if (has("[SYSTEM_PROMPT]")) {
    return space_follows ? ChatFamily::kMistralV7 : ChatFamily::kMistralV7Tekken;
  }
  if (!has("[AVAILABLE_TOOLS]") && !has("[INST] ' + system_message") &&
      !has("[INST] \" + system_message"))
    return ChatFamily::kLlama2;
  if (has(" [INST]")) return ChatFamily::kMistralV1;
  return space_follows ? ChatFamily::kMistralV3 : ChatFamily::kMistralV3Tekken;
}

}  // namespace

std::string NameOf(ChatFamily family) {
  return family == ChatFamily::kNone ? "none" : Find(family).name;
}

TurnText TurnTextOf(ChatFamily family) { return Find(family).turn; }

ChatFamily DetectChatFamily(std::string_view text) {
  using enum ChatFamily;
  const auto has = [&](std::string_view marker) { return text.find(marker) != text.npos; };
  // <|im_sep|> is Phi-4's, which closes the role's name with it instead of a line break.
  if (has("<|im_start|>")) return has("<|im_end|>") && !has("<|im_sep|>") ? kChatMl : kNone;
  if (has("<|im_user|>") && has("<|im_middle|>")) return kKimiK2;
  if (has("[INST]") && has("[/INST]")) return DetectInstruct(text);
  if (has("[gMASK]<sop>")) return kGlm4;
  // Functionary's own headers end with ">>>".
  if (has("<|start_header_id|>") && has("<|eot_id|>")) return has(">>>") ? kNone : kLlama3;
  if (has("<｜User｜>") && has("<｜Assistant｜>")) return kDeepSeek3;
  if (has("'User: ' + ") && has("'Assistant:'") && has("eos_token")) return kDeepSeek2;
  if (has("<|start|>") && has("<|channel|>") && has("<|message|>")) return kHarmony;
  if (has("<|start_of_role|>") && has("<|end_of_role|>")) return kGranite;
  if (has("<start_of_turn>") && has("<end_of_turn>")) return kGemma;
  if (!has("<|assistant|>")) return kNone;
  if (has("<|end|>")) return has("\n<|end|>") ? kNone : kPhi3;
  if (has("<|user|>\n' + message['content'] + '\n'")) return kTulu;
  if (has("<|user|>\n' + message['content'] + eos_token")) return kZephyr;
  return kNone;
}

}  // namespace moebench
