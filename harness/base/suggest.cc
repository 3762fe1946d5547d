#include "harness/base/suggest.h"

#include <algorithm>
#include <vector>

namespace moebench {
namespace {

size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

}  // namespace

std::string SuggestName(std::string_view given, std::span<const std::string> known) {
  const std::string* nearest = nullptr;
  size_t best = std::max<size_t>(2, given.size() / 3) + 1;
  if (given.size() <= 256) {
    for (const std::string& name : known) {
      const size_t distance = EditDistance(given, name);
      if (distance < best) {
        best = distance;
        nearest = &name;
      }
    }
  }
  if (nearest) return "did you mean '" + *nearest + "'?";
  std::string list = "one of: ";
  for (size_t i = 0; i < known.size(); ++i) list += (i ? ", " : "") + known[i];
  return list;
}

}  // namespace moebench
