#include "results/model_facts.h"

#include <nlohmann/json.hpp>

#include "harness/stats/verdict.h"

namespace moebench {
namespace {

using Json = nlohmann::json;

// The object in the text; an empty one if there is none.
Json ObjectIn(const std::string& text) {
  Json json = Json::parse(text, nullptr, false);
  return json.is_object() ? json : Json::object();
}

double NumberIn(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number() ? found->get<double>() : 0;
}

std::string TextIn(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

}  // namespace

std::string ExpertCountKey(const std::string& facts_json) {
  const Json facts = ObjectIn(facts_json);
  std::string key = TextIn(facts, "expert_count_key");
  if (!key.empty()) return key;
  const std::string architecture = TextIn(facts, "architecture");
  return architecture.empty() ? "" : architecture + ".expert_used_count";
}

int ExpertCount(const std::string& facts_json) {
  const double n = NumberIn(ObjectIn(facts_json), "n_experts");
  return n > 0 && n < 1 << 20 ? static_cast<int>(n) : 0;
}

int64_t WeightBytes(const std::string& facts_json) {
  const Json facts = ObjectIn(facts_json);
  const double experts = NumberIn(facts, "n_experts") * NumberIn(facts, "n_moe_layers") *
                         NumberIn(facts, "expert_bytes");
  const double bytes = NumberIn(facts, "dense_bytes_per_token") + experts;
  return bytes > 0 && bytes < 9e18 ? static_cast<int64_t>(bytes) : 0;
}

double FlagBelow(const std::string& config_json) {
  const double fraction = NumberIn(ObjectIn(config_json), "flag_below");
  return fraction > 0 && fraction < 1 ? 1 - fraction : kFlagBelow;
}

}  // namespace moebench
