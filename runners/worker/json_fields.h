// Strict reading and safe writing of JSON objects that cross a process border.
//   Fields fields(ParseJsonObject(line));
//   int k = fields.Int("k", 0, kMaxExperts);
// Every field has a type and a range; a missing, mistyped or out-of-range one throws Error that
// names it. Fields that are not asked for are ignored, so that later versions may add some.
// Value type over a parsed object that it owns; not shared between threads.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace moebench {

using Json = nlohmann::json;

// At most 16 levels and 4 million values, so that a hostile line cannot blow up the reader's
// memory. Throws Error with the byte where it is no JSON object.
Json ParseJsonObject(std::string_view text);

// One line of JSON without the line feed; never throws on invalid UTF-8.
std::string DumpLine(const Json& json);

// Strings may hold any bytes. Under `key` stands the text with invalid bytes replaced by U+FFFD;
// only if there were any, `key`_bytes holds all bytes of the string in hex.
void PutText(Json& object, const std::string& key, const std::string& text);

// 64-bit integers travel as decimal strings: JavaScript's numbers end at 2^53.
void PutU64(Json& object, const std::string& key, uint64_t value);

class Fields {
 public:
  explicit Fields(Json object);

  bool Has(const std::string& key) const;  // present and not null
  bool Bool(const std::string& key) const;
  int64_t Int64(const std::string& key, int64_t lo, int64_t hi) const;
  int Int(const std::string& key, int lo, int hi) const;
  uint64_t U64(const std::string& key) const;
  double Number(const std::string& key, double lo, double hi) const;  // finite
  std::string Text(const std::string& key) const;                     // prefers key_bytes
  Fields Object(const std::string& key) const;
  std::vector<int> Ints(const std::string& key, int lo, int hi) const;
  std::vector<float> Floats(const std::string& key, double lo, double hi) const;
  std::vector<std::string> Texts(const std::string& key) const;
  std::vector<Fields> Objects(const std::string& key) const;
  std::vector<std::string> Keys() const;
  const Json& json() const { return object_; }

 private:
  const Json& Get(const std::string& key) const;
  const Json& GetArray(const std::string& key) const;

  Json object_;
};

}  // namespace moebench
