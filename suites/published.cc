#include "suites/published.h"

#include <algorithm>

#include "harness/base/error.h"
#include "harness/base/hash.h"
#include "harness/base/suggest.h"
#include "suites/rows.h"

namespace moebench {
namespace {

namespace fs = std::filesystem;

const PublishedFormat& Named(const std::string& format, const std::string& name) {
  std::vector<std::string> names;
  for (const PublishedFormat& known : PublishedFormats()) {
    if (known.name == format) return known;
    names.push_back(known.name);
  }
  throw Error{"'" + format + "' is no format", name, SuggestName(format, names), ExitCode::kUsage};
}

bool FitsAll(const PublishedFormat& format, const std::vector<JsonLine>& rows) {
  return std::all_of(rows.begin(), rows.end(),
                     [&](const JsonLine& row) { return format.fits(row.json()); });
}

// The first format that all rows fit; else that of the first row, whose reader will say which row
// is another.
const PublishedFormat& Told(const std::vector<JsonLine>& rows, const std::string& name) {
  for (const PublishedFormat& known : PublishedFormats()) {
    if (FitsAll(known, rows)) return known;
  }
  for (const PublishedFormat& known : PublishedFormats()) {
    if (known.fits(rows.front().json())) return known;
  }
  std::string keys;
  for (const auto& [key, value] : rows.front().json().items()) {
    keys += (keys.empty() ? "" : ", ") + key;
  }
  throw Error{"is of no format that is known (fields: " + keys.substr(0, 200) + ")", name,
              "'moebench suite formats' lists them", ExitCode::kBadData};
}

// Everything that is asked and graded, so that two sweeps know the same item.
std::string HashOf(const Item& item) {
  uint64_t hash = Fnv1a64(item.prompt + '\0' + item.grader_kind + '\0' + item.extract + '\0' +
                          item.spec + '\0' + std::to_string(item.gold));
  for (const auto* texts : {&item.expected, &item.choices, &item.choice_prompts}) {
    for (const std::string& text : *texts) hash = Fnv1a64(text + '\0', hash);
  }
  return Hex16(hash);
}

}  // namespace

const std::vector<PublishedFormat>& PublishedFormats() {
  static const auto* formats = [] {
    auto* all = new std::vector<PublishedFormat>(WrittenFormats());
    for (PublishedFormat& format : ChoiceFormats()) all->push_back(std::move(format));
    return all;
  }();
  return *formats;
}

std::vector<Item> ParsePublished(const std::vector<JsonLine>& rows, const std::string& format,
                                 const std::string& name) {
  if (rows.empty()) throw Error{"holds no record", name};
  const PublishedFormat& known = format.empty() ? Told(rows, name) : Named(format, name);
  std::vector<Item> items;
  for (const JsonLine& row : rows) {
    if (!known.fits(row.json())) row.Refuse("is no record of " + known.name);
    Item item = known.read(row, std::to_string(items.size() + 1));
    item.id = known.name + '-' + std::to_string(items.size() + 1);
    item.source = known.name;
    if (item.category.empty()) item.category = known.name;
    item.hash = HashOf(item);
    items.push_back(std::move(item));
  }
  return items;
}

std::vector<Item> ReadPublished(const fs::path& path, const std::string& format) {
  if (!fs::is_directory(path)) return ParsePublished(ReadRows(path), format, path.string());
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(path)) {
    const std::string ending = entry.path().extension().string();
    if (ending == ".csv" || ending == ".tsv" || ending == ".jsonl" || ending == ".json") {
      files.push_back(entry.path());
    }
  }
  if (files.empty()) throw Error{"holds no .jsonl, .json, .csv or .tsv", path.string()};
  std::sort(files.begin(), files.end());
  std::vector<Item> items;
  for (const fs::path& file : files) {
    for (Item& item : ParsePublished(ReadRows(file), format, file.string())) {
      if (item.category == item.source) item.category = file.stem().string();
      item.id = item.source + '-' + std::to_string(items.size() + 1);
      items.push_back(std::move(item));
    }
  }
  return items;
}

}  // namespace moebench
