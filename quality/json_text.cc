#include "quality/json_text.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "harness/base/error.h"
#include "quality/text_units.h"

namespace moebench {
namespace {

using Json = nlohmann::json;

constexpr size_t kMostBytes = 1 << 20;
constexpr int kMostDepth = 64;
constexpr int kMostStarts = 64;  // brackets that are tried as the start of a value

// The end of the balanced object or list that begins at text[at]; npos if it never closes or is too
// deep. Quotes are respected, nothing else is checked.
size_t EndOfValue(std::string_view text, size_t at) {
  int depth = 0;
  bool quoted = false;
  for (size_t i = at; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kMostDepth) return std::string_view::npos;
    } else if ((c == '}' || c == ']') && --depth == 0) {
      return i + 1;
    }
  }
  return std::string_view::npos;
}

// The library matches a schema's patterns with std::regex, whose stack grows with the text.
bool HasLongText(const Json& value) {
  constexpr size_t kMostTextBytes = 4096;
  if (value.is_string()) return value.get_ref<const std::string&>().size() > kMostTextBytes;
  return value.is_structured() && std::any_of(value.begin(), value.end(), HasLongText);
}

}  // namespace

std::optional<Json> ParseJsonText(std::string_view text) {
  text = Trim(text);
  if (text.empty() || text.size() > kMostBytes) return std::nullopt;
  const bool nested = text[0] == '{' || text[0] == '[';
  if (nested && EndOfValue(text, 0) != text.size()) return std::nullopt;
  Json value = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (value.is_discarded()) return std::nullopt;
  return value;
}

std::optional<std::string_view> FindJsonText(std::string_view text) {
  size_t at = text.find_first_of("{[");
  for (int tries = 0; at != std::string_view::npos && tries < kMostStarts; ++tries) {
    const size_t end = EndOfValue(text, at);
    if (end != std::string_view::npos && ParseJsonText(text.substr(at, end - at))) {
      return text.substr(at, end - at);
    }
    at = text.find_first_of("{[", at + 1);
  }
  return std::nullopt;
}

std::string SchemaProblem(const Json& schema, const Json& value, const std::string& where) {
  using Adapter = valijson::adapters::NlohmannJsonAdapter;
  valijson::Schema parsed;
  try {
    valijson::SchemaParser(valijson::SchemaParser::kDraft7).populateSchema(Adapter(schema), parsed);
  } catch (const std::exception& error) {
    throw Error{std::string("the JSON schema can't be used: ") + error.what(), where,
                "it is a draft 7 schema without references to other files"};
  }
  if (HasLongText(value)) return "a text is longer than 4096 bytes";
  valijson::ValidationResults results;
  // Strong types: "3" is no number.
  valijson::Validator validator(valijson::Validator::kStrongTypes);
  try {
    if (validator.validate(parsed, Adapter(value), &results)) return "";
  } catch (const std::exception& error) {
    return error.what();
  }
  valijson::ValidationResults::Error error;
  std::string problem = "does not fit the schema";
  while (results.popError(error)) {
    std::string path;
    for (const std::string& step : error.context) path += step;
    problem = path + ": " + error.description;
  }
  return problem;
}

bool SameData(const Json& a, const Json& b) {
  if (a.is_number() && b.is_number()) {
    const double x = a.get<double>(), y = b.get<double>();
    return std::abs(x - y) <= 1e-9 * std::max({1.0, std::abs(x), std::abs(y)});
  }
  if (a.type() != b.type() || a.size() != b.size()) return false;
  if (a.is_string()) {
    return Trim(a.get_ref<const std::string&>()) == Trim(b.get_ref<const std::string&>());
  }
  if (a.is_array()) return std::equal(a.begin(), a.end(), b.begin(), SameData);
  if (a.is_object()) {
    return std::all_of(a.items().begin(), a.items().end(), [&](const auto& member) {
      const auto other = b.find(member.key());
      return other != b.end() && SameData(member.value(), *other);
    });
  }
  return a == b;
}

}  // namespace moebench
