#include "harness/cli/options.h"

#include <cstdlib>
#include <filesystem>

#include "harness/base/error.h"
#include "harness/config/scalars.h"
#include "harness/machine/placement_name.h"

namespace moebench {
namespace fs = std::filesystem;
namespace {

ScalarPlace UsagePlace(const std::string& option) {
  return {"", option, static_cast<int>(ExitCode::kUsage)};
}

}  // namespace

KnownNames KnownAxisNames() {
  std::vector<std::string> placements = KnownPolicies();
  placements.emplace_back(kAutoPlacement);
  return {.placements = std::move(placements),
          .decodings = {"plain", "lookup", "draft", "draft+lookup"},
          .runners = {"native", "fake"}};
}

std::vector<int> IntegerList(const std::string& text, const std::string& option, int lowest,
                             int highest) {
  std::vector<int> numbers;
  for (const std::string& part : SplitList(text)) {
    numbers.push_back(static_cast<int>(ParseInteger(part, lowest, highest, UsagePlace(option))));
  }
  return numbers;
}

std::vector<std::string> NameList(const std::string& text, const std::string& option,
                                  const std::vector<std::string>& known, const std::string& kind) {
  std::vector<std::string> names;
  for (const std::string& part : SplitList(text)) {
    names.push_back(ParseName(part, known, kind, UsagePlace(option)));
  }
  return names;
}

std::vector<std::string> PlacementList(const std::string& text, const std::string& option) {
  std::vector<std::string> names;
  for (const std::string& part : SplitList(text)) {
    ParseName(PolicyOf(part), KnownAxisNames().placements, "a policy", UsagePlace(option));
    if (part != kAutoPlacement) ParsePlacementName(part, ExitCode::kUsage);
    names.push_back(part);
  }
  return names;
}

std::vector<std::string> InstanceList(const std::string& text, const std::string& option) {
  std::vector<std::string> instances;
  if (text == "auto") return instances;
  for (const std::string& part : SplitList(text)) {
    instances.push_back(ParseInstances(part, UsagePlace(option)));
  }
  return instances;
}

std::string DatabaseToRead(const std::string& named) {
  if (!named.empty()) return named;
  if (fs::exists("moebench.yaml")) {
    return LoadSweepSpec("moebench.yaml", KnownAxisNames()).database;
  }
  return SweepSpec{}.database;
}

std::optional<int64_t> SweepNumber(const std::string& text) {
  if (text == "latest") return std::nullopt;
  return ParseInteger(text, 1, int64_t{1} << 40, UsagePlace("--sweep"));
}

std::string OwnExecutable() { return fs::read_symlink("/proc/self/exe").string(); }

std::string BundledSuite() {
  for (const fs::path& folder :
       {fs::path(OwnExecutable()).parent_path().parent_path() / "suites" / "demo",
        fs::path("suites") / "demo", fs::path(MOEBENCH_SUITES_DIR) / "demo"}) {
    if (fs::exists(folder / "items.jsonl")) return folder.string();
  }
  throw Error{"no suite was named and the bundled one is not beside the program", "--suite",
              "name a folder that holds items.jsonl and speed.jsonl", ExitCode::kUsage};
}

std::string CacheFolder() {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  if (cache && *cache) return std::string(cache) + "/moebench";
  const char* home = std::getenv("HOME");
  return home && *home ? std::string(home) + "/.cache/moebench" : "";
}

}  // namespace moebench
