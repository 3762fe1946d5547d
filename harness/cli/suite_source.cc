#include "harness/cli/suite_source.h"

#include <filesystem>

#include "harness/base/error.h"
#include "harness/base/suggest.h"
#include "harness/cli/options.h"

namespace moebench {
namespace {

namespace fs = std::filesystem;

constexpr std::pair<const char*, const char*> kAbout[] = {
    {"core", "our own: reasoning, mathematics, code, instructions, extraction, facts, Korean"},
    {"demo", "what the bundled demo model was trained for"},
    {"long", "made from seeds: prompts of 4k to 64k tokens"},
};

// Where the bundled suites lie.
fs::path SuitesFolder() { return fs::path(BundledSuite()).parent_path(); }

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
  if (fs::is_directory(named)) return LoadSuite(named);
  const fs::path name = fs::path(named).filename();  // a file's suite is told from its own folder
  for (const BundledSuiteInfo& bundled : BundledSuites()) {
    if (bundled.name == name) return LoadSuite(bundled.folder);
  }
  std::vector<std::string> names;
  for (const BundledSuiteInfo& bundled : BundledSuites()) names.push_back(bundled.name);
  throw Error{"'" + named + "' is no suite", "--suite", SuggestName(name.string(), names),
              ExitCode::kUsage};
}

}  // namespace moebench
