// The texts of the chat formats, by family.
#pragma once

#include "runners/native/tokenizer/chat.h"

namespace moebench {

// By the markers in the text of a template, in which \n is written as a line break.
ChatFamily DetectChatFamily(std::string_view template_text);
// Of one turn without thinking; family is not kNone.
TurnText TurnTextOf(ChatFamily family);

}  // namespace moebench
