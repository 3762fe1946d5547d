#include "harness/cli/sweep_reference.h"

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "harness/base/error.h"
#include "harness/cli/options.h"

namespace moebench {
namespace {

bool IsNumber(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](unsigned char c) { return std::isdigit(c) != 0; });
}

}  // namespace

SweepReference FindSweep(const std::string& reference, const std::string& database) {
  SweepReference found{database, 0};
  std::string which = reference;
  const size_t colon = reference.rfind(':');
  if (!IsNumber(reference) && reference != "latest") {
    const std::string after = colon == std::string::npos ? "" : reference.substr(colon + 1);
    const bool numbered = IsNumber(after) || after == "latest";
    found.database = numbered ? reference.substr(0, colon) : reference;
    which = numbered ? after : "latest";
    if (!std::filesystem::exists(found.database)) {
      throw Error{"'" + reference + "' is neither a sweep nor a database", "",
                  "name a number, latest, or FILE:NUMBER", ExitCode::kUsage};
    }
  }
  const std::optional<int64_t> number = SweepNumber(which);
  const Store store = Store::OpenForReading(found.database);
  const std::optional<int64_t> latest = store.LatestSweepId();
  if (!latest) {
    throw Error{"holds no sweep yet", found.database, "run 'moebench sweep' first",
                ExitCode::kUsage};
  }
  found.id = number.value_or(*latest);
  return found;
}

}  // namespace moebench
