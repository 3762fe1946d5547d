// Numbers with units as people write them in moebench.yaml and on the command line. Locale-free.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace moebench {

// Each throws Error{problem, where, hint, code of the caller's choice}; `where` names the place.
struct ScalarPlace {
  std::string where;  // "moebench.yaml:3:9" or "--threads"
  std::string name;   // "threads"
  int code;           // ExitCode as int: kConfig or kUsage
};

int64_t ParseInteger(std::string_view text, int64_t lowest, int64_t highest, const ScalarPlace&);
double ParseDurationSeconds(std::string_view text, const ScalarPlace&);  // "90s", "15min", "6h"
double ParsePercent(std::string_view text, const ScalarPlace&);          // "10%" -> 0.10
double ParseProbability(std::string_view text, const ScalarPlace&);      // "0.4", 0 to 1
std::string ParseName(std::string_view text, const std::vector<std::string>& known,
                      const std::string& kind, const ScalarPlace&);
std::vector<std::string> SplitList(std::string_view text);  // "8,6,4"

}  // namespace moebench
