#include "runners/worker/json_fields.h"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <utility>

#include "harness/base/error.h"
#include "harness/base/utf8.h"
#include "runners/worker/text.h"

namespace moebench {
namespace {

constexpr int kMaxDepth = 16;
constexpr int64_t kMaxValues = 4'000'000;
constexpr int64_t kExactDouble = int64_t{1} << 53;

std::string Shown(const Json& value) { return "'" + EscapeForPeople(DumpLine(value), 40) + "'"; }

[[noreturn]] void Refuse(const std::string& key, const Json& value, const std::string& wanted) {
  throw Error{"'" + EscapeForPeople(key, 60) + "' is " + Shown(value) + ", not " + wanted, ""};
}

std::string RangeText(double lo, double hi) {
  char text[80];
  std::snprintf(text, sizeof text, " in %.15g..%.15g", lo, hi);
  return text;
}

int64_t IntValue(const std::string& key, const Json& value, int64_t lo, int64_t hi) {
  const std::string wanted =
      "an integer" + RangeText(static_cast<double>(lo), static_cast<double>(hi));
  int64_t number = 0;
  if (value.is_number_unsigned()) {
    const auto raw = value.get<uint64_t>();
    if (raw > static_cast<uint64_t>(INT64_MAX)) Refuse(key, value, wanted);
    number = static_cast<int64_t>(raw);
  } else if (value.is_number_integer()) {
    number = value.get<int64_t>();
  } else if (value
                 .is_number_float()) {  // 3.0 and 1e3 are what some JSON writers make of 3 and 1000
    const auto raw = value.get<double>();
    if (!(std::abs(raw) <= static_cast<double>(kExactDouble)) || raw != std::trunc(raw)) {
      Refuse(key, value, wanted);
    }
    number = static_cast<int64_t>(raw);
  } else {
    Refuse(key, value, wanted);
  }
  if (number < lo || number > hi) Refuse(key, value, wanted);
  return number;
}

double NumberValue(const std::string& key, const Json& value, double lo, double hi) {
  const std::string wanted = "a number" + RangeText(lo, hi);
  if (!value.is_number()) Refuse(key, value, wanted);
  const auto number = value.get<double>();
  if (!(number >= lo && number <= hi)) Refuse(key, value, wanted);
  return number;
}

}  // namespace

Json ParseJsonObject(std::string_view text) {
  int64_t values = 0;
  const Json::parser_callback_t limits = [&values](int depth, Json::parse_event_t event, Json&) {
    using enum Json::parse_event_t;
    if (depth > kMaxDepth) {
      throw Error{"nests deeper than " + std::to_string(kMaxDepth) + " levels", ""};
    }
    if (event == value || event == object_start || event == array_start) ++values;
    if (values > kMaxValues) throw Error{"holds more than 4 million values", ""};
    return true;
  };
  Json json;
  try {
    json = Json::parse(text, limits);
  } catch (const Json::parse_error& e) {
    throw Error{
        "is not JSON at byte " + std::to_string(e.byte) + ": '" + EscapeForPeople(text, 60) + "'",
        ""};
  } catch (const Json::exception&) {  // a number out of range
    throw Error{"is not JSON: '" + EscapeForPeople(text, 60) + "'", ""};
  }
  if (!json.is_object()) {
    throw Error{"is no JSON object: '" + EscapeForPeople(text, 60) + "'", ""};
  }
  return json;
}

std::string DumpLine(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void PutText(Json& object, const std::string& key, const std::string& text) {
  if (IsValidUtf8(text)) {
    object[key] = text;
    return;
  }
  object[key] = ReplaceInvalidUtf8(text);
  object[key + "_bytes"] = ToHex(text);
}

void PutU64(Json& object, const std::string& key, uint64_t value) {
  object[key] = std::to_string(value);
}

Fields::Fields(Json object) : object_(std::move(object)) {
  if (!object_.is_object()) throw Error{Shown(object_) + " is no JSON object", ""};
}

bool Fields::Has(const std::string& key) const {
  const auto found = object_.find(key);
  return found != object_.end() && !found->is_null();
}

const Json& Fields::Get(const std::string& key) const {
  const auto found = object_.find(key);
  if (found == object_.end()) throw Error{"'" + key + "' is missing", ""};
  return *found;
}

const Json& Fields::GetArray(const std::string& key) const {
  const Json& value = Get(key);
  if (!value.is_array()) Refuse(key, value, "an array");
  return value;
}

bool Fields::Bool(const std::string& key) const {
  const Json& value = Get(key);
  if (!value.is_boolean()) Refuse(key, value, "true or false");
  return value.get<bool>();
}

int64_t Fields::Int64(const std::string& key, int64_t lo, int64_t hi) const {
  return IntValue(key, Get(key), lo, hi);
}

int Fields::Int(const std::string& key, int lo, int hi) const {
  return static_cast<int>(IntValue(key, Get(key), lo, hi));
}

uint64_t Fields::U64(const std::string& key) const {
  const Json& value = Get(key);
  const std::string wanted = "a string of decimal digits below 2^64";
  if (!value.is_string()) Refuse(key, value, wanted);
  const auto& text = value.get_ref<const std::string&>();
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) Refuse(key, value, wanted);
  return number;
}

double Fields::Number(const std::string& key, double lo, double hi) const {
  return NumberValue(key, Get(key), lo, hi);
}

std::string Fields::Text(const std::string& key) const {
  const Json& value = Get(key);
  if (!value.is_string()) Refuse(key, value, "a string");
  const std::string bytes_key = key + "_bytes";
  if (!Has(bytes_key)) return value.get<std::string>();
  const Json& hex = Get(bytes_key);
  if (!hex.is_string()) Refuse(bytes_key, hex, "a string of hex digits");
  try {
    return FromHex(hex.get_ref<const std::string&>());
  } catch (const Error&) {
    Refuse(bytes_key, hex, "a string of hex digits");
  }
}

Fields Fields::Object(const std::string& key) const {
  const Json& value = Get(key);
  if (!value.is_object()) Refuse(key, value, "an object");
  return Fields(value);
}

std::vector<int> Fields::Ints(const std::string& key, int lo, int hi) const {
  const Json& array = GetArray(key);
  std::vector<int> out;
  out.reserve(array.size());
  for (const Json& value : array) out.push_back(static_cast<int>(IntValue(key, value, lo, hi)));
  return out;
}

std::vector<float> Fields::Floats(const std::string& key, double lo, double hi) const {
  const Json& array = GetArray(key);
  std::vector<float> out;
  out.reserve(array.size());
  for (const Json& value : array)
    out.push_back(static_cast<float>(NumberValue(key, value, lo, hi)));
  return out;
}

std::vector<std::string> Fields::Texts(const std::string& key) const {
  std::vector<std::string> out;
  for (const Json& value : GetArray(key)) {
    if (!value.is_string()) Refuse(key, value, "a string");
    out.push_back(value.get<std::string>());
  }
  return out;
}

std::vector<Fields> Fields::Objects(const std::string& key) const {
  std::vector<Fields> out;
  for (const Json& value : GetArray(key)) {
    if (!value.is_object()) Refuse(key, value, "an object");
    out.emplace_back(value);
  }
  return out;
}

std::vector<std::string> Fields::Keys() const {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object_.items()) keys.push_back(key);
  return keys;
}

}  // namespace moebench
