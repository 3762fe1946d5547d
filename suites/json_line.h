// One line of a JSONL file, read field by field; every error names file:line and the field.
#pragma once

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace moebench {

class JsonLine {
 public:
  // Throws Error (kBadData), as all of these, if the text is no JSON object.
  JsonLine(const std::string& text, std::string where);
  JsonLine(nlohmann::json object, std::string where);

  [[noreturn]] void Refuse(const std::string& what, const std::string& hint = "") const;

  bool Has(const std::string& key) const { return json_.contains(key); }
  std::string Text(const std::string& key) const;
  std::string TextOr(const std::string& key, const std::string& otherwise) const;
  std::vector<std::string> Texts(const std::string& key) const;  // empty where absent
  int Integer(const std::string& key, int lowest, int highest) const;
  std::string Id() const;      // 1 to 64 of A-Z a-z 0-9 . _ -
  std::string Prompt() const;  // 1 byte to 1 MiB
  // The object that stands under `key`.
  JsonLine Object(const std::string& key) const;

  const nlohmann::json& json() const { return json_; }
  const std::string& where() const { return where_; }

 private:
  std::string where_;
  nlohmann::json json_;
};

// Calls `each(text, number)` for every line that is not blank; numbers count from 1.
template <typename Each>
void ForEachLine(const std::string& text, const Each& each) {
  size_t start = 0;
  for (int number = 1; start < text.size(); ++number) {
    const size_t end = std::min(text.find('\n', start), text.size());
    const std::string line = text.substr(start, end - start);
    start = end + 1;
    if (line.find_first_not_of(" \t\r") != std::string::npos) each(line, number);
  }
}

}  // namespace moebench
