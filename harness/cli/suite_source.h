// The suite that a user names: a bundled one, a folder, or a published file.
//   Suite suite = OpenSuite("core");            // bundled: core, demo, long
//   Suite suite = OpenSuite("my/items");        // a folder of *.jsonl
//   Suite suite = OpenSuite("test.jsonl:gsm8k") // a published file; its format may be left out
#pragma once

#include <string>
#include <vector>

#include "suites/suite.h"

namespace moebench {

struct BundledSuiteInfo {
  std::string name, folder, about;
};
std::vector<BundledSuiteInfo> BundledSuites();

// Throws Error (kBadData, kUsage) naming the file and the line.
Suite OpenSuite(const std::string& named);

}  // namespace moebench
