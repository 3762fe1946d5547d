#include "suites/suite.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/base/error.h"
#include "harness/base/files.h"
#include "harness/base/hash.h"
#include "harness/base/rng.h"

namespace moebench {
namespace {

using Json = nlohmann::json;

constexpr uint64_t kMaxFileBytes = 64 << 20;
constexpr size_t kMaxPromptBytes = 1 << 20;

// One line of a JSONL file, read field by field.
class Line {
 public:
  Line(const std::string& text, std::string where) : where_(std::move(where)) {
    json_ = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!json_.is_object()) Refuse("is not a JSON object");
  }
  [[noreturn]] void Refuse(const std::string& what, const std::string& hint = "") const {
    throw Error{what, where_, hint, ExitCode::kBadData};
  }
  std::string Text(const std::string& key) const {
    const auto found = json_.find(key);
    if (found == json_.end() || !found->is_string()) Refuse("'" + key + "' must be a string");
    return found->get<std::string>();
  }
  std::string TextOr(const std::string& key, const std::string& otherwise) const {
    return json_.contains(key) ? Text(key) : otherwise;
  }
  int Integer(const std::string& key, int lowest, int highest) const {
    const auto found = json_.find(key);
    if (found == json_.end() || !found->is_number_integer() || *found < lowest ||
        *found > highest) {
      Refuse("'" + key + "' must be a whole number from " + std::to_string(lowest) + " to " +
             std::to_string(highest));
    }
    return found->get<int>();
  }
  std::string Id() const {
    std::string id = Text("id");
    const bool good =
        !id.empty() && id.size() <= 64 && std::all_of(id.begin(), id.end(), [](char c) {
          return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                 c == '.' || c == '_' || c == '-';
        });
    if (!good) Refuse("'id' must be 1 to 64 of A-Z a-z 0-9 . _ -");
    return id;
  }
  std::string Prompt() const {
    std::string prompt = Text("prompt");
    if (prompt.empty() || prompt.size() > kMaxPromptBytes) {
      Refuse("'prompt' must have 1 byte to 1 MiB");
    }
    return prompt;
  }
  const Json& json() const { return json_; }

 private:
  std::string where_;
  Json json_;
};

template <typename Record>
std::vector<Record> ParseLines(const std::string& jsonl, const std::string& name,
                               Record (*parse)(const Line&)) {
  std::vector<Record> records;
  std::set<std::string> ids;
  size_t start = 0;
  for (int number = 1; start < jsonl.size(); ++number) {
    const size_t end = std::min(jsonl.find('\n', start), jsonl.size());
    const std::string text = jsonl.substr(start, end - start);
    start = end + 1;
    if (text.find_first_not_of(" \t\r") == std::string::npos) continue;
    const Line line(text, name + ':' + std::to_string(number));
    records.push_back(parse(line));
    if (!ids.insert(records.back().id).second) {
      line.Refuse("the id '" + records.back().id + "' stands here twice");
    }
  }
  if (records.empty()) throw Error{"holds no line", name, "is it the right file?"};
  return records;
}

Item ParseItem(const Line& line) {
  Item item;
  item.id = line.Id();
  item.tier = line.json().contains("tier") ? line.Integer("tier", 1, 3) : 1;
  item.category = line.TextOr("category", "general");
  item.prompt = line.Prompt();
  item.max_tokens = line.Integer("max_tokens", 1, 1 << 20);
  const auto grader = line.json().find("grader");
  if (grader == line.json().end() || !grader->is_object())
    line.Refuse("'grader' must be an object");
  item.grader_kind = grader->value("kind", Json()).is_string() ? grader->value("kind", "") : "";
  if (item.grader_kind.empty()) line.Refuse("'grader.kind' must be a string");
  for (const Json& text : grader->value("expected", Json::array())) {
    if (!text.is_string()) line.Refuse("'grader.expected' must be a list of strings");
    item.expected.push_back(text.get<std::string>());
  }
  const Json tolerance = grader->value("tolerance", Json(0));
  if (!tolerance.is_number() || tolerance < 0) line.Refuse("'grader.tolerance' must be 0 or more");
  item.tolerance = tolerance.get<double>();
  const Json pattern = grader->value("pattern", Json(""));
  if (!pattern.is_string()) line.Refuse("'grader.pattern' must be a string");
  item.pattern = pattern.get<std::string>();
  if (item.expected.empty() && item.pattern.empty()) {
    line.Refuse("the grader has nothing to compare with", "give 'expected' or 'pattern'");
  }
  item.hash = Hex16(Fnv1a64(line.json().dump(-1, ' ', false, Json::error_handler_t::replace)));
  return item;
}

SpeedPrompt ParseSpeedPrompt(const Line& line) { return {line.Id(), line.Prompt()}; }

}  // namespace

std::vector<Item> ParseItems(const std::string& jsonl, const std::string& name) {
  return ParseLines<Item>(jsonl, name, ParseItem);
}

std::vector<SpeedPrompt> ParseSpeedPrompts(const std::string& jsonl, const std::string& name) {
  return ParseLines<SpeedPrompt>(jsonl, name, ParseSpeedPrompt);
}

Suite LoadSuite(const std::filesystem::path& folder) {
  if (!std::filesystem::is_directory(folder)) {
    throw Error{"is no suite folder", folder.string(),
                "name a folder that holds items.jsonl and speed.jsonl"};
  }
  const std::filesystem::path items = folder / "items.jsonl", speed = folder / "speed.jsonl";
  const std::string item_text = ReadFile(items, kMaxFileBytes);
  const std::string speed_text = ReadFile(speed, kMaxFileBytes);
  return {.path = folder.string(),
          .items = ParseItems(item_text, items.string()),
          .speed = ParseSpeedPrompts(speed_text, speed.string()),
          .hash = Hex16(Fnv1a64(speed_text, Fnv1a64(item_text)))};
}

std::vector<Item> ChooseItems(const std::vector<Item>& items, int n, uint64_t seed) {
  if (n <= 0 || static_cast<size_t>(n) >= items.size()) return items;
  std::map<std::string, std::vector<size_t>> by_category;
  for (size_t i = 0; i < items.size(); ++i) by_category[items[i].category].push_back(i);
  Rng rng(seed);
  for (auto& [category, indices] : by_category) rng.Shuffle(indices);
  std::vector<size_t> chosen;
  while (chosen.size() < static_cast<size_t>(n)) {  // one of each category in turn
    for (auto& [category, indices] : by_category) {
      if (indices.empty() || chosen.size() == static_cast<size_t>(n)) continue;
      chosen.push_back(indices.back());
      indices.pop_back();
    }
  }
  std::sort(chosen.begin(), chosen.end());
  std::vector<Item> picked;
  picked.reserve(chosen.size());
  for (const size_t index : chosen) picked.push_back(items[index]);
  return picked;
}

}  // namespace moebench
