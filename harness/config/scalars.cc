#include "harness/config/scalars.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "harness/base/error.h"
#include "harness/base/suggest.h"

namespace moebench {
namespace {

[[noreturn]] void Refuse(const ScalarPlace& place, std::string_view text,
                         const std::string& expected, const std::string& hint) {
  throw Error{place.name + ": '" + std::string(text.substr(0, 80)) + "' is not " + expected,
              place.where, hint, static_cast<ExitCode>(place.code)};
}

// A plain decimal number with its unit cut off; false if there is none.
bool ReadNumber(std::string_view text, double& number, std::string_view& unit) {
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc() || !std::isfinite(number)) return false;
  unit = text.substr(static_cast<size_t>(end - text.data()));
  while (!unit.empty() && unit.front() == ' ') unit.remove_prefix(1);
  return true;
}

}  // namespace

int64_t ParseInteger(std::string_view text, int64_t lowest, int64_t highest,
                     const ScalarPlace& place) {
  const std::string range =
      "a whole number from " + std::to_string(lowest) + " to " + std::to_string(highest);
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool leading_zero = text.size() > 1 && text[0] == '0';
  if (error != std::errc() || end != text.data() + text.size() || leading_zero) {
    Refuse(
        place, text, range,
        leading_zero ? "write it without leading zeros" : "write it with the digits 0 to 9 alone");
  }
  if (value < lowest) Refuse(place, text, range, "the smallest is " + std::to_string(lowest));
  if (value > highest) Refuse(place, text, range, "the largest is " + std::to_string(highest));
  return value;
}

double ParseDurationSeconds(std::string_view text, const ScalarPlace& place) {
  static constexpr struct {
    std::string_view name;
    double seconds;
  } kUnits[] = {{"ms", 1e-3}, {"s", 1}, {"min", 60}, {"h", 3600}, {"d", 86400}};
  double number = 0;
  std::string_view unit;
  if (ReadNumber(text, number, unit) && number >= 0) {
    for (const auto& known : kUnits) {
      if (unit == known.name) return number * known.seconds;
    }
  }
  Refuse(place, text, "a duration", "write a number with a unit: 90s, 15min, 6h");
}

double ParsePercent(std::string_view text, const ScalarPlace& place) {
  double number = 0;
  std::string_view unit;
  if (ReadNumber(text, number, unit) && unit == "%" && number > 0 && number < 100) {
    return number / 100;
  }
  Refuse(place, text, "a percentage between 0 and 100", "write it with the sign: 10%");
}

double ParseProbability(std::string_view text, const ScalarPlace& place) {
  double number = 0;
  std::string_view unit;
  if (ReadNumber(text, number, unit) && unit.empty() && number >= 0 && number <= 1) return number;
  Refuse(place, text, "a number from 0 to 1", "write it like 0.4");
}

std::string ParseName(std::string_view text, const std::vector<std::string>& known,
                      const std::string& kind, const ScalarPlace& place) {
  if (std::find(known.begin(), known.end(), text) != known.end()) return std::string(text);
  Refuse(place, text, kind, SuggestName(text, known));
}

std::vector<std::string> SplitList(std::string_view text) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == ',') {
      parts.emplace_back();
    } else if (c != ' ') {
      parts.back() += c;
    }
  }
  return parts;
}

}  // namespace moebench
