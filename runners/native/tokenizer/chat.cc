#include "runners/native/tokenizer/chat.h"

#include <fmt/format.h>

#include "harness/base/error.h"
#include "runners/native/tokenizer/chat_families.h"

namespace moebench {
namespace {

bool Has(std::string_view text, std::string_view marker) { return text.find(marker) != text.npos; }

// Takes every occurrence out and tells whether there was one.
bool TakeOut(std::string& text, std::string_view marker) {
  bool found = false;
  for (size_t at; (at = text.find(marker)) != text.npos; found = true) {
    text.erase(at, marker.size());
  }
  return found;
}

// Templates write \n for a line break, or the line break itself.
std::string WithLineBreaks(std::string_view template_text) {
  std::string text;
  for (size_t at = 0; at < template_text.size(); ++at) {
    const bool escaped = template_text.substr(at).starts_with("\\n");
    text += escaped ? '\n' : template_text[at];
    if (escaped) ++at;
  }
  return text;
}

// Where the assistant's turn begins: the template's text from the last mention of
// add_generation_prompt on.
std::string OpeningOf(std::string_view text) {
  const size_t at = text.rfind("add_generation_prompt");
  return at == text.npos ? std::string() : std::string(text.substr(at));
}

// What follows the assistant's header: for thinking, and for answering at once.
struct Tails {
  std::optional<std::string> thinking, direct = "";
};

Tails TailsOf(ChatFamily family, std::string_view text) {
  std::string opening = OpeningOf(text);
  Tails tails;
  if (family == ChatFamily::kGlm4 && Has(opening, "<|assistant|>\n")) tails.direct = "\n";
  const bool by_name = TakeOut(opening, "thinking_start_token + thinking_end_token");  // V3.2
  if (by_name) return {"<think>", "<think></think>"};
  const char* after_break = family == ChatFamily::kGlm4 ? "\n<think></think>" : "<think></think>";
  for (const char* closed : {"<think>\n\n</think>\n\n", "<think>\n\n</think>\n", after_break}) {
    if (!TakeOut(opening, closed)) continue;
    tails.direct = closed;
    tails.thinking = "";
    break;
  }
  const char* open = Has(opening, "<think>\n") ? "<think>\n" : "<think>";
  if (!Has(opening, open)) return tails;
  const bool switched = tails.thinking.has_value();
  tails.thinking = open;
  if (switched) return tails;
  if (Has(opening, "</think>")) {
    // GLM opens or closes; the others open, and close at once.
    tails.direct = family == ChatFamily::kGlm4 ? "</think>" : std::string(open) + "</think>";
  } else if (!Has(opening, "thinking")) {
    tails.direct = std::nullopt;
  }
  return tails;
}

std::string WithMediumEffort(std::string before) {
  constexpr std::string_view kLow = "Reasoning: low";
  return before.replace(before.find(kLow), kLow.size(), "Reasoning: medium");
}

std::string_view Trimmed(std::string_view text) {
  constexpr char kBlanks[] = " \t\n\v\f\r";
  const size_t begin = text.find_first_not_of(kBlanks);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin);
}

bool TrimsUser(ChatFamily family, std::string_view text) {
  switch (family) {
    case ChatFamily::kLlama2:
      return Has(text, "content.strip()") || Has(text, "['content'].strip()");
    case ChatFamily::kLlama3:
      return Has(text, "| trim") || Has(text, "|trim");
    case ChatFamily::kGemma:
      return true;
    case ChatFamily::kChatMl:
      return Has(text, "render_content(message.content, true)|trim");  // Qwen3.5
    default:
      return false;
  }
}

}  // namespace

ChatFormat DetectChatFormat(std::string_view template_text) {
  const std::string text = WithLineBreaks(template_text);
  ChatFormat format;
  format.family = DetectChatFamily(text);
  if (format.family == ChatFamily::kNone) return format;
  format.trims_user = TrimsUser(format.family, text);
  format.writes_bos = Has(text, "bos_token");
  TurnText turn = TurnTextOf(format.family);
  if (format.family == ChatFamily::kHarmony) {
    format.thinking = {WithMediumEffort(turn.before), turn.after};
    format.direct = {turn.before, turn.after + "<|channel|>final<|message|>"};
    return format;
  }
  // GLM-4.7 has no line break there.
  if (format.family == ChatFamily::kGlm4 && Has(text, "<|user|>{{"))
    turn.before = "[gMASK]<sop><|user|>";
  const Tails tails = TailsOf(format.family, text);
  if (tails.thinking) format.thinking = {turn.before, turn.after + *tails.thinking};
  if (tails.direct) {
    const bool says_so = tails.thinking && Has(text, "/nothink");  // GLM-4.5 and 4.6
    format.direct = {turn.before, (says_so ? "/nothink" : "") + turn.after + *tails.direct};
  }
  return format;
}

std::string ThinkingOf(const ChatFormat& format) {
  if (!format.thinking) return "none";
  return format.direct ? "switchable" : "always";
}

std::vector<TextSegment> FormatUserTurn(const ChatFormat& format, std::string_view user,
                                        Think think) {
  const std::string name = NameOf(format.family);
  if (think == Think::kOn && !format.thinking) {
    throw Error{fmt::format("the model's chat format ({}) has no thinking to turn on", name),
                "--think", "leave it out", ExitCode::kUsage};
  }
  if (think == Think::kOff && format.thinking && !format.direct) {
    throw Error{fmt::format("the model's chat format ({}) always thinks", name), "--think",
                "leave it out", ExitCode::kUsage};
  }
  if (format.family == ChatFamily::kNone) return {{std::string(user), ParseSpecial::kNo}};
  const bool thinks = think == Think::kOn || !format.direct;
  const TurnText& turn = thinks ? *format.thinking : *format.direct;
  return {{turn.before, ParseSpecial::kYes},
          {std::string(format.trims_user ? Trimmed(user) : user), ParseSpecial::kNo},
          {turn.after, ParseSpecial::kYes}};
}

}  // namespace moebench
