// Chat formats, recognised by name and written by fixed code: a template from a model file is never
// run (CVE-2024-34359 is what happens when one is).
//   std::vector<TextSegment> turn = FormatUserTurn(DetectChatFormat(template_text), "2+3=");
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runners/native/tokenizer/text_segment.h"

namespace moebench {

enum class ChatFormat { kNone, kChatMl };

std::string NameOf(ChatFormat format);  // "none" | "chatml"

// By the markers in the text of a template; kNone where none that we know is in it.
ChatFormat DetectChatFormat(std::string_view template_text);

// One turn of the user and the header of the assistant's answer. The user's text stands in a
// segment of its own, in which special tokens are plain text. kNone gives the text alone.
std::vector<TextSegment> FormatUserTurn(ChatFormat format, std::string_view user);

}  // namespace moebench
