#include "quality/math_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

namespace moebench {
namespace {

void ReplaceAll(std::string& text, std::string_view from, std::string_view to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

// \name{...} becomes what stands in the braces, or nothing.
void Unwrap(std::string& text, const std::string& command, bool keep) {
  for (size_t at = text.find(command + '{'); at != std::string::npos;
       at = text.find(command + '{', at)) {
    const size_t end = text.find('}', at);
    if (end == std::string::npos) return;
    const size_t start = at + command.size() + 1;
    text.replace(at, end + 1 - at, keep ? text.substr(start, end - start) : "");
  }
}

std::optional<double> Plain(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> Quotient(std::string_view above, std::string_view below) {
  const std::optional<double> a = Plain(above), b = Plain(below);
  if (!a || !b || *b == 0) return std::nullopt;
  return *a / *b;
}

std::optional<double> Value(std::string_view text) {
  if (text.starts_with('-')) {
    const std::optional<double> positive = Value(text.substr(1));
    return positive ? std::optional(-*positive) : std::nullopt;
  }
  constexpr std::string_view kFrac = "\\frac";
  if (text.starts_with(kFrac)) {
    text.remove_prefix(kFrac.size());
    if (text.size() == 2) return Quotient(text.substr(0, 1), text.substr(1));
    const size_t middle = text.find("}{");
    if (!text.starts_with('{') || !text.ends_with('}') || middle == std::string_view::npos) {
      return std::nullopt;
    }
    return Quotient(text.substr(1, middle - 1), text.substr(middle + 2, text.size() - middle - 3));
  }
  const size_t slash = text.find('/');
  if (slash != std::string_view::npos) {
    return Quotient(text.substr(0, slash), text.substr(slash + 1));
  }
  return Plain(text);
}

}  // namespace

std::string NormalMath(std::string_view raw) {
  std::string text(raw);
  Unwrap(text, "\\text", false);
  Unwrap(text, "\\mbox", false);
  Unwrap(text, "\\mathrm", false);
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 21> kChanges = {{
      {"\\left", ""},
      {"\\right", ""},
      {"\\!", ""},
      {"\\,", ""},
      {"\\;", ""},
      {"\\:", ""},
      {"\\ ", ""},
      {" ", ""},
      {"\n", ""},
      {"$", ""},
      {"*", ""},
      {"dfrac", "frac"},
      {"tfrac", "frac"},
      {"^\\circ", ""},
      {"^{\\circ}", ""},
      {"\\%", ""},
      {"%", ""},
      {"\\cdot", ""},
      {"\xe2\x88\x92", "-"},
      {"\\(", ""},
      {"\\)", ""},
  }};
  for (const auto& [from, to] : kChanges) ReplaceAll(text, from, to);
  while (!text.empty() && (text.back() == '.' || text.back() == ',')) text.pop_back();
  const size_t equals = text.rfind('=');  // x = 3
  if (equals != std::string::npos && equals <= 2) text.erase(0, equals + 1);
  // 1,234 is a number, (1,2) a pair.
  const bool grouped = text.find_first_of("([{") == std::string::npos;
  if (grouped) ReplaceAll(text, ",", "");
  if (text.starts_with('.')) text.insert(0, 1, '0');
  return text;
}

bool SameMath(std::string_view a, std::string_view b) {
  const std::string x = NormalMath(a), y = NormalMath(b);
  if (x == y) return !x.empty();
  const std::optional<double> first = Value(x), second = Value(y);
  return first && second &&
         std::abs(*first - *second) <= 1e-9 * std::max({1.0, std::abs(*first), std::abs(*second)});
}

}  // namespace moebench
