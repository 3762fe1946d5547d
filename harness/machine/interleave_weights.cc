#include "harness/machine/interleave_weights.h"

#include <optional>

#include "harness/machine/proc_text.h"

namespace moebench {

std::vector<int> ReadInterleaveWeights(const std::filesystem::path& root,
                                       const std::vector<int>& nodes) {
  const auto folder = root / "sys/kernel/mm/mempolicy/weighted_interleave";
  std::vector<int> weights;
  std::error_code ignored;
  if (!std::filesystem::is_directory(folder, ignored)) return weights;
  for (const int node : nodes) {
    const auto text = ReadSmallFile(folder / ("node" + std::to_string(node)));
    const int64_t weight = text ? ParseInt(*text).value_or(0) : 0;
    weights.push_back(weight >= 1 && weight <= 255 ? static_cast<int>(weight) : 0);
  }
  return weights;
}

}  // namespace moebench
