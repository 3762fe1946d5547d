// Text from outside (models, file names, error messages, suites) made safe to print. What a reader
// can't see is shown as an escape; what Markdown would act upon is made inert. HTML escaping itself
// is the template engine's (results/report_html.cc); it gets its text through VisibleText too.
//   out += MarkdownText(model_name) + "\n\n" + MarkdownFence(answer);
// Pure; thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace moebench {

// Valid UTF-8 in which nothing is hidden. Bytes that are no UTF-8 and C0/C1 controls become "\x1b",
// bidirectional controls, line and paragraph separators, zero-width spaces and tag characters
// "\u{202e}". Newline and tab stay.
std::string VisibleText(std::string_view bytes);

// The same on one line: each newline becomes "↵", each tab a space.
std::string VisibleLine(std::string_view bytes);

// One line that GitHub-flavoured Markdown shows as it stands, in a paragraph, list or table cell:
// no markup, HTML, image, link, mention or formula can arise from it.
std::string MarkdownText(std::string_view bytes);

// A fenced block whose fence is longer than any run of backticks within. Ends in a newline.
//   language  info string of the fence: "text", "sh"
std::string MarkdownFence(std::string_view bytes, std::string_view language);

// At most limit_bytes of text, cut between characters, with a note of what was left out.
std::string Shortened(std::string_view text, size_t limit_bytes);

// One word of a POSIX shell command line: plain names stay, all else goes between single quotes.
std::string ShellWord(std::string_view word);

}  // namespace moebench
