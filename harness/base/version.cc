#include "harness/base/version.h"

#include "harness/base/version_string.h"  // made by .cmake/version.cmake in every build

namespace moebench {

std::string_view Version() { return kVersionString; }

}  // namespace moebench
