#include "harness/config/kv_type.h"

#include <algorithm>

#include "harness/base/error.h"

namespace moebench {

const std::vector<std::string>& KvTypeNames() {
  static const std::vector<std::string> names{"f32", "f16", "q8_0"};  // in the order of KvType
  return names;
}

std::string NameOf(KvType type) { return KvTypeNames()[static_cast<std::size_t>(type)]; }

KvType KvTypeOf(std::string_view name) {
  const std::vector<std::string>& names = KvTypeNames();
  const auto found = std::find(names.begin(), names.end(), name);
  if (found != names.end()) return static_cast<KvType>(found - names.begin());
  throw Error("'" + std::string(name) + "' is not a type of the KV cache", "kv",
              "choose f32, f16 or q8_0", ExitCode::kConfig);
}

}  // namespace moebench
