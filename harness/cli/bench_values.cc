#include "harness/cli/bench_values.h"

#include <algorithm>
#include <iterator>
#include <string_view>

#include "harness/base/error.h"
#include "harness/config/scalars.h"

namespace moebench {
namespace {

constexpr size_t kMostValues = 4096;

// llama-bench's and ik_llama.cpp's names of several letters behind one dash.
constexpr std::string_view kLongNames[] = {"pg",  "ub",   "ctk",  "ctv", "oe",   "ngl",  "ncmoe",
                                           "sm",  "mg",   "nkvo", "fa",  "dev",  "lm",   "mmp",
                                           "dio", "embd", "ts",   "ot",  "nopo", "fitt", "fitc",
                                           "rpc", "hf",   "hfr",  "hff", "hft",  "fmoe", "rtr"};

[[noreturn]] void Refuse(const std::string& value, const std::string& option,
                         const std::string& hint) {
  throw Error{"'" + value + "' is not a number or a range", option, hint, ExitCode::kUsage};
}

int NumberOf(const std::string& text, const std::string& option, int lowest, int highest) {
  return static_cast<int>(
      ParseInteger(text, lowest, highest, {"", option, static_cast<int>(ExitCode::kUsage)}));
}

// FIRST-LAST, FIRST-LAST+STEP or FIRST-LAST*FACTOR; the dash is not the first letter.
void AddRange(const std::string& text, size_t dash, const std::string& option, int lowest,
              int highest, std::vector<int>& counts) {
  const size_t mark = text.find_first_of("+*", dash);
  const int first = NumberOf(text.substr(0, dash), option, lowest, highest);
  const int last = NumberOf(text.substr(dash + 1, mark == text.npos ? mark : mark - dash - 1),
                            option, lowest, highest);
  const bool multiply = mark != text.npos && text[mark] == '*';
  const int step =
      mark == text.npos ? 1 : NumberOf(text.substr(mark + 1), option, multiply ? 2 : 1, 1 << 24);
  if (last < first) Refuse(text, option, "the first number of a range is the smaller one");
  if (multiply && first == 0) Refuse(text, option, "0 times anything stays 0");
  for (int64_t value = first; value <= last; value = multiply ? value * step : value + step) {
    counts.push_back(static_cast<int>(value));
    if (counts.size() > kMostValues) Refuse(text, option, "that is more values than anyone runs");
  }
}

}  // namespace

std::vector<std::string> WordsOf(const std::vector<std::string>& values) {
  std::vector<std::string> words;
  for (const std::string& value : values) {
    const std::vector<std::string> parts = SplitList(value);
    words.insert(words.end(), parts.begin(), parts.end());
  }
  return words;
}

std::vector<int> CountsOf(const std::vector<std::string>& values, const std::string& option,
                          int lowest, int highest) {
  std::vector<int> counts;
  for (const std::string& word : WordsOf(values)) {
    const size_t dash = word.empty() ? word.npos : word.find('-', 1);
    if (dash != word.npos) {
      AddRange(word, dash, option, lowest, highest, counts);
    } else {
      counts.push_back(NumberOf(word, option, lowest, highest));
    }
  }
  return counts;
}

std::vector<std::pair<int, int>> PairsOf(const std::vector<std::string>& values,
                                         const std::string& option, int lowest, int highest) {
  std::vector<std::pair<int, int>> pairs;
  for (const std::string& value : values) {
    const std::vector<std::string> parts = SplitList(value);
    if (parts.size() != 2) {
      throw Error{"'" + value + "' is not a pair of numbers", option, "write 512,128",
                  ExitCode::kUsage};
    }
    pairs.emplace_back(NumberOf(parts[0], option, lowest, highest),
                       NumberOf(parts[1], option, lowest, highest));
  }
  return pairs;
}

std::vector<std::string> NormaliseBenchArguments(std::vector<std::string> arguments) {
  for (std::string& argument : arguments) {
    if (argument.starts_with("--")) {
      const auto end = std::find(argument.begin(), argument.end(), '=');
      std::replace(argument.begin(), end, '_', '-');
    } else if (argument.size() > 2 && argument[0] == '-') {
      const std::string name =
          argument.substr(1, std::min(argument.find('='), argument.size()) - 1);
      if (std::find(std::begin(kLongNames), std::end(kLongNames), name) != std::end(kLongNames)) {
        argument = std::string("-").append(argument);
      }
    }
  }
  return arguments;
}

}  // namespace moebench
