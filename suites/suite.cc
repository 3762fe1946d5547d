#include "suites/suite.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/base/error.h"
#include "harness/base/files.h"
#include "harness/base/hash.h"
#include "harness/base/rng.h"
#include "suites/json_line.h"
#include "suites/long_context.h"
#include "suites/repetition.h"

namespace moebench {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr uint64_t kMaxFileBytes = 64 << 20;
constexpr int kSpeedPrompts = 6;
constexpr size_t kMaxSpeedPromptBytes = 4096;
constexpr size_t kMaxKindBytes = 64;

template <typename Record>
std::vector<Record> ParseLines(const std::string& jsonl, const std::string& name,
                               Record (*parse)(const JsonLine&)) {
  std::vector<Record> records;
  std::set<std::string> ids;
  ForEachLine(jsonl, [&](const std::string& text, int number) {
    const JsonLine line(text, name + ':' + std::to_string(number));
    records.push_back(parse(line));
    if (!ids.insert(records.back().id).second) {
      line.Refuse("the id '" + records.back().id + "' stands here twice");
    }
  });
  if (records.empty()) throw Error{"holds no line", name, "is it the right file?"};
  return records;
}

void ReadGrader(const JsonLine& line, Item& item) {
  const JsonLine grader = line.Object("grader");
  const Json& json = grader.json();
  item.grader_kind = json.value("kind", Json()).is_string() ? json.value("kind", "") : "";
  if (item.grader_kind.empty()) line.Refuse("'grader.kind' must be a string");
  for (const Json& text : json.value("expected", Json::array())) {
    if (!text.is_string()) line.Refuse("'grader.expected' must be a list of strings");
    item.expected.push_back(text.get<std::string>());
  }
  const Json tolerance = json.value("tolerance", Json(0));
  if (!tolerance.is_number() || tolerance < 0) line.Refuse("'grader.tolerance' must be 0 or more");
  item.tolerance = tolerance.get<double>();
  const Json pattern = json.value("pattern", Json(""));
  if (!pattern.is_string()) line.Refuse("'grader.pattern' must be a string");
  item.pattern = pattern.get<std::string>();
  item.extract = grader.TextOr("extract", "");
  if (json.contains("spec")) item.spec = grader.Object("spec").json().dump();
  if (item.expected.empty() && item.pattern.empty() && item.spec.empty()) {
    line.Refuse("the grader has nothing to compare with", "give 'expected', 'pattern' or 'spec'");
  }
}

Item ParseItem(const JsonLine& line) {
  Item item;
  item.id = line.Id();
  item.tier = line.Has("tier") ? line.Integer("tier", 1, 3) : 1;
  item.category = line.TextOr("category", "general");
  item.source = line.TextOr("source", "");
  if (!line.Has("generate")) item.prompt = line.Prompt();
  item.max_tokens = line.Integer("max_tokens", 1, 1 << 20);
  if (line.Has("generate")) {
    const LongItem made = MakeLongItem(line.Object("generate"));
    item.prompt = made.prompt;
    item.grader_kind = made.grader_kind;
    item.expected = made.expected;
    item.extract = made.extract;
    item.right_answers = made.right_answers;
    item.wrong_answers = made.wrong_answers;
  } else {
    ReadGrader(line, item);
    item.right_answers = line.Texts("right");
    item.wrong_answers = line.Texts("wrong");
  }
  const std::string text = line.json().dump(-1, ' ', false, Json::error_handler_t::replace);
  item.hash = Hex16(Fnv1a64(line.Has("generate") ? text + item.prompt : text));
  return item;
}

SpeedPrompt ParseSpeedPrompt(const JsonLine& line) {
  SpeedPrompt prompt{.id = line.Id(), .prompt = line.Prompt(), .kind = line.TextOr("kind", "")};
  if (prompt.kind.size() > kMaxKindBytes) line.Refuse("'kind' must have at most 64 bytes");
  if (line.Has("max_tokens")) prompt.max_tokens = line.Integer("max_tokens", 1, 1 << 20);
  prompt.repeated_share = RepeatedShare(prompt.prompt);
  return prompt;
}

// Prompts of moderate length, spread over the categories, always the same ones.
std::vector<SpeedPrompt> SpeedPromptsOf(const std::vector<Item>& items) {
  std::vector<Item> moderate;
  std::copy_if(items.begin(), items.end(), std::back_inserter(moderate),
               [](const Item& item) { return item.prompt.size() <= kMaxSpeedPromptBytes; });
  std::vector<SpeedPrompt> speed;
  std::set<std::string> seen;
  for (const Item& item : ChooseItems(moderate.empty() ? items : moderate, kSpeedPrompts, 1)) {
    if (!seen.insert(item.prompt).second) continue;
    speed.push_back({.id = "speed-" + item.id,
                     .prompt = item.prompt,
                     .kind = item.category,
                     .repeated_share = RepeatedShare(item.prompt)});
  }
  if (speed.size() > kSpeedPrompts) speed.resize(kSpeedPrompts);
  return speed;
}

}  // namespace

int SpeedTokens(const SpeedPrompt& prompt, int wanted) {
  return prompt.max_tokens > 0 ? std::min(prompt.max_tokens, wanted) : wanted;
}

std::vector<Item> ParseItems(const std::string& jsonl, const std::string& name) {
  return ParseLines<Item>(jsonl, name, ParseItem);
}

std::vector<SpeedPrompt> ParseSpeedPrompts(const std::string& jsonl, const std::string& name) {
  return ParseLines<SpeedPrompt>(jsonl, name, ParseSpeedPrompt);
}

Suite MakeSuite(std::string path, std::vector<Item> items, std::vector<SpeedPrompt> speed) {
  if (speed.empty()) speed = SpeedPromptsOf(items);
  uint64_t hash = Fnv1a64("suite");
  for (const Item& item : items) hash = Fnv1a64(item.id + item.hash, hash);
  for (const SpeedPrompt& prompt : speed) hash = Fnv1a64(prompt.id + prompt.prompt, hash);
  return {std::move(path), std::move(items), std::move(speed), Hex16(hash)};
}

Suite LoadSuite(const fs::path& folder) {
  if (!fs::is_directory(folder)) {
    throw Error{"is no suite folder", folder.string(),
                "name a folder that holds items.jsonl and speed.jsonl"};
  }
  const fs::path speed = folder / "speed.jsonl";
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".jsonl" && entry.path() != speed) {
      files.push_back(entry.path());
    }
  }
  if (files.empty()) throw Error{"holds no items", folder.string(), "items stand in *.jsonl"};
  std::sort(files.begin(), files.end());
  std::vector<Item> items;
  std::set<std::string> ids;
  for (const fs::path& file : files) {
    for (Item& item : ParseItems(ReadFile(file, kMaxFileBytes), file.string())) {
      if (!ids.insert(item.id).second) {
        throw Error{"the id '" + item.id + "' stands in another file too", file.string()};
      }
      items.push_back(std::move(item));
    }
  }
  std::vector<SpeedPrompt> prompts;
  if (fs::exists(speed))
    prompts = ParseSpeedPrompts(ReadFile(speed, kMaxFileBytes), speed.string());
  return MakeSuite(folder.string(), std::move(items), std::move(prompts));
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
