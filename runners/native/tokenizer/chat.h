// Chat formats, recognised by the text of a model's template and written by fixed code: a template
// from a model file is never run (CVE-2024-34359 is what happens when one is).
//   ChatFormat format = DetectChatFormat(template_text);
//   std::vector<TextSegment> turn = FormatUserTurn(format, "2+3=", Think::kUsual);
// No system prompt is written, nor a date: the same text gives the same tokens every night. (Only
// gpt-oss gets its system message, which names its channels; without a date.)
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runners/native/tokenizer/text_segment.h"

namespace moebench {

enum class ChatFamily {
  kNone,
  kChatMl,  // Qwen and many others
  kLlama2,  // and the first Mixtral
  kLlama3,
  kMistralV1,
  kMistralV3,
  kMistralV3Tekken,
  kMistralV7,
  kMistralV7Tekken,
  kGlm4,
  kDeepSeek2,
  kDeepSeek3,  // V2.5, V3, R1
  kHarmony,    // gpt-oss
  kGranite,
  kGemma,
  kPhi3,
  kTulu,  // OLMoE
  kZephyr,
  kKimiK2,
};

// "none", "chatml", "llama3"...
std::string NameOf(ChatFamily family);

// What stands before and after the user's text, up to where the assistant's begins.
struct TurnText {
  std::string before, after;
};

struct ChatFormat {
  ChatFamily family = ChatFamily::kNone;
  std::optional<TurnText> thinking;  // where the format lets the model think first
  std::optional<TurnText> direct;    // where it lets it answer at once
  bool trims_user = false;           // white space around the user's text is dropped
  bool writes_bos = false;           // the template begins with bos
};

// By the markers in the text of a template; kNone where none that we know is in it.
ChatFormat DetectChatFormat(std::string_view template_text);
// "none" | "switchable" | "always"
std::string ThinkingOf(const ChatFormat& format);

enum class Think { kUsual, kOn, kOff };  // kUsual: off where the format can

// One turn of the user and the header of the assistant's answer. The user's text stands in a
// segment of its own, in which special tokens are plain text. Without a format it is the text
// alone. Throws Error if the format does not think, or always does, and the other is asked for.
std::vector<TextSegment> FormatUserTurn(const ChatFormat& format, std::string_view user,
                                        Think think);

}  // namespace moebench
