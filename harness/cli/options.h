// Values of the command line that several commands read in the same way.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/config/sweep_spec.h"

namespace moebench {

KnownNames KnownAxisNames();

// "8,6,4" -> numbers; throws Error (kUsage) naming the option.
std::vector<int> IntegerList(const std::string& text, const std::string& option, int lowest,
                             int highest);
// Names of placements, each checked as a whole, and auto (harness/machine/placement_name.h).
std::vector<std::string> PlacementList(const std::string& text, const std::string& option);
// "1,2,node" as ParseInstances has them; empty for "auto".
std::vector<std::string> InstanceList(const std::string& text, const std::string& option);
std::vector<std::string> NameList(const std::string& text, const std::string& option,
                                  const std::vector<std::string>& known, const std::string& kind);

// The database to read: the named one, else that of ./moebench.yaml, else ./moebench.sqlite.
std::string DatabaseToRead(const std::string& named);

// "latest" or a number; nothing for latest. Throws Error (kUsage).
std::optional<int64_t> SweepNumber(const std::string& text);

// The bundled suite: beside the program's build folder, in the current folder, or where the program
// was built from. Throws Error.
std::string BundledSuite();
std::string OwnExecutable();

// Directory for what may be remembered between runs (bandwidth probe, model hashes).
std::string CacheFolder();

}  // namespace moebench
