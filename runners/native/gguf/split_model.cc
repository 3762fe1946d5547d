#include "runners/native/gguf/split_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>

#include "harness/base/error.h"

namespace moebench {
namespace {

constexpr int64_t kMaxParts = 1024;
constexpr int64_t kMaxTensors = 128 * 1024;

struct PartName {
  std::string stem;  // before "-00001-of-00003.gguf"
  int64_t number, count;
};

std::optional<int64_t> FiveDigits(std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.size() != 5 || end != text.data() + 5 || error != std::errc()) return std::nullopt;
  return number;
}

std::optional<PartName> ParseName(const std::string& name) {
  constexpr std::string_view kForm = "-00001-of-00003.gguf";
  if (name.size() < kForm.size()) return std::nullopt;
  const std::string_view tail = std::string_view(name).substr(name.size() - kForm.size());
  const std::optional<int64_t> number = FiveDigits(tail.substr(1, 5));
  const std::optional<int64_t> count = FiveDigits(tail.substr(10, 5));
  const bool right = tail[0] == '-' && tail.substr(6, 4) == "-of-" && tail.substr(15) == ".gguf";
  if (!right || !number || !count || *number < 1 || *number > *count) return std::nullopt;
  return PartName{name.substr(0, name.size() - kForm.size()), *number, *count};
}

// All parts must say the same of the whole, and each its own place.
void CheckPlace(const GgufPart& part, int64_t index, int64_t count, int64_t tensor_count) {
  const auto require = [&](const char* key, int64_t expected, const char* whose) {
    const int64_t found = part.IntIn(key, 0, std::max(kMaxParts, kMaxTensors));
    if (found == expected) return;
    throw Error{fmt::format("metadata '{}' is {}, but {} {}", key, found, whose, expected),
                part.path(), "parts of different models are mixed, or a part was renamed"};
  };
  require("split.count", count, "the part that was named says");
  require("split.no", index, "the file's name says");
  require("split.tensors.count", tensor_count, "the part that was named says");
}

}  // namespace

std::vector<std::filesystem::path> PartPaths(const std::filesystem::path& path) {
  const std::optional<PartName> name = ParseName(path.filename().string());
  if (!name || name->count > kMaxParts) return {path};
  std::vector<std::filesystem::path> paths;
  for (int64_t number = 1; number <= name->count; ++number) {
    paths.push_back(path.parent_path() /
                    fmt::format("{}-{:05}-of-{:05}.gguf", name->stem, number, name->count));
  }
  return paths;
}

std::vector<GgufPart> OpenAllParts(const std::filesystem::path& path) {
  std::vector<GgufPart> parts;
  GgufPart named = GgufPart::Open(path);
  const bool split = named.header().values.contains("split.count");
  const int64_t count = split ? named.IntIn("split.count", 0, kMaxParts) : 1;
  if (count <= 1) {
    parts.push_back(std::move(named));
    return parts;
  }
  const int64_t no = named.IntIn("split.no", 0, count - 1);
  const int64_t tensor_count = named.IntIn("split.tensors.count", 0, kMaxTensors);
  const std::vector<std::filesystem::path> paths = PartPaths(path);
  if (static_cast<int64_t>(paths.size()) != count) {
    throw Error{fmt::format("is one of {} parts of a split model, but is not named "
                            "...-{:05}-of-{:05}.gguf",
                            count, no + 1, count),
                path.string(), "give the parts the names that gguf-split gave them"};
  }
  for (int64_t index = 0; index < count; ++index) {
    const std::filesystem::path& part_path = paths[static_cast<size_t>(index)];
    if (part_path == path) {
      parts.push_back(std::move(named));
    } else if (std::filesystem::exists(part_path)) {
      parts.push_back(GgufPart::Open(part_path));
    } else {
      throw Error{fmt::format("part {} of {} is missing", index + 1, count), part_path.string(),
                  "put all parts of the model into one folder"};
    }
    CheckPlace(parts.back(), index, count, tensor_count);
  }
  return parts;
}

}  // namespace moebench
