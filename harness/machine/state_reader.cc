#include "harness/machine/state_reader.h"

#include <algorithm>
#include <utility>

#include "harness/machine/proc_text.h"

namespace moebench {
namespace {

constexpr size_t kLongestValue = 1000;  // a hostile or broken file must not bloat every row

}  // namespace

std::optional<std::string> StateReader::Text(std::string_view path) const {
  return ReadSmallFile(At(path));
}

void StateReader::Add(std::string name, std::string value, StateKind kind) {
  std::replace(value.begin(), value.end(), '\n', ' ');
  if (value.empty()) return AddMissing(std::move(name), "empty", kind);
  if (value.size() > kLongestValue) value.resize(kLongestValue);
  items_.push_back({std::move(name), std::move(value), "", kind});
}

void StateReader::AddMissing(std::string name, std::string reason, StateKind kind) {
  items_.push_back({std::move(name), "", std::move(reason), kind});
}

void StateReader::AddFile(std::string name, std::string_view path, StateKind kind) {
  AddChosen(
      std::move(name), path, [](std::string_view text) { return std::string(text); }, kind);
}

void StateReader::AddChosen(
    std::string name, std::string_view path,
    const std::function<std::optional<std::string>(std::string_view)>& choose, StateKind kind) {
  const std::optional<std::string> text = Text(path);
  const std::optional<std::string> value = text ? choose(*text) : std::nullopt;
  if (value) {
    Add(std::move(name), *value, kind);
  } else {
    AddMissing(std::move(name), WhyUnreadable(At(path)), kind);
  }
}

std::optional<std::string> Bracketed(std::string_view text) {
  const size_t open = text.find('[');
  const size_t close = open == std::string_view::npos ? open : text.find(']', open);
  if (close == std::string_view::npos) return std::nullopt;
  return std::string(text.substr(open + 1, close - open - 1));
}

}  // namespace moebench
