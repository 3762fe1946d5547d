#include "suites/json_line.h"

#include <algorithm>

#include "harness/base/error.h"

namespace moebench {
namespace {

using Json = nlohmann::json;

constexpr size_t kMaxPromptBytes = 1 << 20;

bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

}  // namespace

JsonLine::JsonLine(const std::string& text, std::string where)
    : JsonLine(Json::parse(text, nullptr, /*allow_exceptions=*/false), std::move(where)) {}

JsonLine::JsonLine(Json object, std::string where)
    : where_(std::move(where)), json_(std::move(object)) {
  if (!json_.is_object()) Refuse("is not a JSON object");
}

void JsonLine::Refuse(const std::string& what, const std::string& hint) const {
  throw Error{what, where_, hint, ExitCode::kBadData};
}

std::string JsonLine::Text(const std::string& key) const {
  const auto found = json_.find(key);
  if (found == json_.end() || !found->is_string()) Refuse("'" + key + "' must be a string");
  return found->get<std::string>();
}

std::string JsonLine::TextOr(const std::string& key, const std::string& otherwise) const {
  return json_.contains(key) ? Text(key) : otherwise;
}

std::vector<std::string> JsonLine::Texts(const std::string& key) const {
  const auto found = json_.find(key);
  if (found == json_.end()) return {};
  const bool good = found->is_array() && std::all_of(found->begin(), found->end(),
                                                     [](const Json& t) { return t.is_string(); });
  if (!good) Refuse("'" + key + "' must be a list of strings");
  return found->get<std::vector<std::string>>();
}

int JsonLine::Integer(const std::string& key, int lowest, int highest) const {
  const auto found = json_.find(key);
  if (found == json_.end() || !found->is_number_integer() || *found < lowest || *found > highest) {
    Refuse("'" + key + "' must be a whole number from " + std::to_string(lowest) + " to " +
           std::to_string(highest));
  }
  return found->get<int>();
}

std::string JsonLine::Id() const {
  std::string id = Text("id");
  if (id.empty() || id.size() > 64 || !std::all_of(id.begin(), id.end(), IsNameCharacter)) {
    Refuse("'id' must be 1 to 64 of A-Z a-z 0-9 . _ -");
  }
  return id;
}

std::string JsonLine::Prompt() const {
  std::string prompt = Text("prompt");
  if (prompt.empty() || prompt.size() > kMaxPromptBytes) {
    Refuse("'prompt' must have 1 byte to 1 MiB");
  }
  return prompt;
}

JsonLine JsonLine::Object(const std::string& key) const {
  const auto found = json_.find(key);
  if (found == json_.end() || !found->is_object()) Refuse("'" + key + "' must be an object");
  return {*found, where_};
}

}  // namespace moebench
