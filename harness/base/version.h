// Which moebench this is: "0.1.0+g1a2b3c4d5e6f", with "-dirty" where the tree differed from the
// commit, "0.1.0" where it was built outside git. Stored with every sweep. Thread-safe.
#pragma once

#include <string_view>

namespace moebench {

std::string_view Version();

}  // namespace moebench
