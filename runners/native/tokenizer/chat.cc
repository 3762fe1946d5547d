#include "runners/native/tokenizer/chat.h"

namespace moebench {

std::string NameOf(ChatFormat format) { return format == ChatFormat::kChatMl ? "chatml" : "none"; }

ChatFormat DetectChatFormat(std::string_view template_text) {
  const auto has = [&](std::string_view marker) {
    return template_text.find(marker) != std::string_view::npos;
  };
  // <|im_sep|> is Phi-4's, which closes the role's name with it instead of a line break.
  if (has("<|im_start|>") && has("<|im_end|>") && !has("<|im_sep|>")) return ChatFormat::kChatMl;
  return ChatFormat::kNone;
}

std::vector<TextSegment> FormatUserTurn(ChatFormat format, std::string_view user) {
  if (format == ChatFormat::kNone) return {{std::string(user), ParseSpecial::kNo}};
  return {{"<|im_start|>user\n", ParseSpecial::kYes},
          {std::string(user), ParseSpecial::kNo},
          {"<|im_end|>\n<|im_start|>assistant\n", ParseSpecial::kYes}};
}

}  // namespace moebench
