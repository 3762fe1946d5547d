#include "harness/cli/suite_source.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "harness/base/error.h"
#include "harness/base/files.h"
#include "harness/base/suggest.h"
#include "harness/cli/options.h"
#include "suites/published.h"

namespace moebench {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMaxFileBytes = 256 << 20;

constexpr std::pair<const char*, const char*> kAbout[] = {
    {"core", "our own: reasoning, mathematics, code, instructions, extraction, facts, Korean"},
    {"demo", "what the bundled demo model was trained for"},
    {"long", "made from seeds: prompts of 4k to 64k tokens"},
};

// Where the bundled suites lie.
fs::path SuitesFolder() { return fs::path(BundledSuite()).parent_path(); }

// Items of our own form say how they are graded; published ones do not.
bool IsOurs(const fs::path& file) {
  const std::string text = ReadFile(file, kMaxFileBytes);
  const auto line =
      nlohmann::json::parse(text.substr(0, text.find('\n')), nullptr, /*allow_exceptions=*/false);
  return line.is_object() && (line.contains("grader") || line.contains("generate"));
}

bool IsOurFolder(const fs::path& folder) {
  if (fs::exists(folder / "items.jsonl") || fs::exists(folder / "speed.jsonl")) return true;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".jsonl") return IsOurs(entry.path());
  }
  return false;
}

Suite Published(const std::string& path, const std::string& format) {
  return MakeSuite(path, ReadPublished(path, format), {});
}

}  // namespace

std::vector<BundledSuiteInfo> BundledSuites() {
  std::vector<BundledSuiteInfo> suites;
  for (const auto& [name, about] : kAbout) {
    const fs::path folder = SuitesFolder() / name;
    if (fs::is_directory(folder)) suites.push_back({name, folder.string(), about});
  }
  return suites;
}

Suite OpenSuite(const std::string& named) {
  if (fs::is_directory(named)) {
    return IsOurFolder(named) ? LoadSuite(named) : Published(named, "");
  }
  if (fs::exists(named)) {
    if (!IsOurs(named)) return Published(named, "");
    return MakeSuite(named, ParseItems(ReadFile(named, kMaxFileBytes), named), {});
  }
  const size_t colon = named.rfind(':');
  if (colon != std::string::npos && fs::exists(named.substr(0, colon))) {
    return Published(named.substr(0, colon), named.substr(colon + 1));
  }
  for (const BundledSuiteInfo& bundled : BundledSuites()) {
    if (bundled.name == named) return LoadSuite(bundled.folder);
  }
  std::vector<std::string> names;
  for (const BundledSuiteInfo& bundled : BundledSuites()) names.push_back(bundled.name);
  throw Error{"is no suite: no folder, no file and not bundled", named, SuggestName(named, names),
              ExitCode::kBadData};
}

}  // namespace moebench
