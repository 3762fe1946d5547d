// A PCRE2 pattern over UTF-8 text with bounds on work and memory; the one place in quality/ that
// knows the library.
//   Regex("\\bcat\\b", "item a-1", Regex::kIgnoreCase).Search(answer)
// Invalid UTF-8 in the text is skipped, never matched. A search that runs into its limit counts as
// "not found". Immutable after construction, may be shared between threads.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace moebench {

class Regex {
 public:
  enum Flags : unsigned {
    kNone = 0,
    kIgnoreCase = 1,
    kMultiLine = 2,  // ^ and $ at every line
    kDotAll = 4,     // . matches line ends too
  };
  // Throws Error naming `where` if the pattern can't be used.
  Regex(const std::string& pattern, const std::string& where, unsigned flags = kNone);

  bool Search(std::string_view text) const;
  // Non-overlapping matches in their order: the first group if there is one that took part, else
  // all. At most 100,000.
  std::vector<std::string_view> FindAll(std::string_view text) const;
  // What stands between the matches, as Python's re.split without groups; never empty.
  std::vector<std::string_view> Split(std::string_view text) const;

 private:
  struct Code;
  struct Match {
    size_t begin = 0, end = 0;              // of the whole match
    size_t group_begin = 0, group_end = 0;  // of the first group, else of the whole
  };
  std::vector<Match> Matches(std::string_view text, size_t most) const;

  std::shared_ptr<const Code> code_;
};

// The text with every character that means something in a pattern escaped.
std::string EscapeForRegex(std::string_view text);

}  // namespace moebench
