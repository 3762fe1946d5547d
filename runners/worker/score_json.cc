#include "runners/worker/score_json.h"

#include <cstddef>
#include <cstdint>
#include <utility>

#include "harness/base/error.h"

namespace moebench {
namespace {

constexpr int kMaxTokens = 1 << 30;
constexpr int kMaxExperts = 1 << 14;
// The 24-bit mantissas and the vocabularies of real models leave ln p far above.
constexpr double kLeastLogP = -1e6;

void PutExecuted(Json& json, int k_min, int k_max) {
  json["k_executed_min"] = k_min;
  json["k_executed_max"] = k_max;
}

void RequireCount(const char* name, std::size_t count, std::size_t wanted) {
  if (count == wanted) return;
  throw Error{"'" + std::string(name) + "' has " + std::to_string(count) + " numbers, not " +
                  std::to_string(wanted),
              ""};
}

Json ToJson(const TextScore::Arm& arm) {
  Json json = {{"log_p", arm.log_p}, {"top", arm.top}, {"kl", arm.kl}};
  PutExecuted(json, arm.k_executed_min, arm.k_executed_max);
  return json;
}

TextScore::Arm ArmFrom(const Fields& fields) {
  TextScore::Arm arm;
  arm.log_p = fields.Floats("log_p", kLeastLogP, 0);
  arm.top = fields.Ints("top", 0, kMaxTokens);
  arm.kl = fields.Floats("kl", kLeastLogP, -kLeastLogP);
  arm.k_executed_min = fields.Int("k_executed_min", 0, kMaxExperts);
  arm.k_executed_max = fields.Int("k_executed_max", arm.k_executed_min, kMaxExperts);
  return arm;
}

}  // namespace

Json ToJson(const TextScoreRequest& request) {
  Json json = {{"ks", request.ks},
               {"window_tokens", request.window_tokens},
               {"first_window", request.first_window},
               {"max_windows", request.max_windows}};
  PutText(json, "text", request.text);
  return json;
}

TextScoreRequest TextScoreRequestFrom(const Fields& fields) {
  TextScoreRequest request;
  request.text = fields.Text("text");
  request.ks = fields.Ints("ks", INT32_MIN, INT32_MAX);  // the engine knows its N and refuses
  request.window_tokens = fields.Int("window_tokens", INT32_MIN, INT32_MAX);
  request.first_window = fields.Int("first_window", INT32_MIN, INT32_MAX);
  request.max_windows = fields.Int("max_windows", INT32_MIN, INT32_MAX);
  return request;
}

Json ToJson(const TextScore& score) {
  Json arms = Json::array();
  for (const TextScore::Arm& arm : score.arms) arms.push_back(ToJson(arm));
  return {{"text_tokens", score.text_tokens},
          {"text_windows", score.text_windows},
          {"windows", score.windows},
          {"scored_per_window", score.scored_per_window},
          {"arms", std::move(arms)}};
}

TextScore TextScoreFrom(const Fields& fields) {
  TextScore score;
  score.text_tokens = fields.Int("text_tokens", 0, kMaxTokens);
  score.text_windows = fields.Int("text_windows", 0, kMaxTokens);
  score.windows = fields.Int("windows", 0, score.text_windows);
  score.scored_per_window = fields.Int("scored_per_window", 0, kMaxTokens);
  const std::size_t scored =
      static_cast<std::size_t>(score.windows) * static_cast<std::size_t>(score.scored_per_window);
  for (const Fields& arm : fields.Objects("arms")) {
    score.arms.push_back(ArmFrom(arm));
    RequireCount("log_p", score.arms.back().log_p.size(), scored);
    RequireCount("top", score.arms.back().top.size(), scored);
    RequireCount("kl", score.arms.back().kl.size(), score.arms.size() == 1 ? 0 : scored);
  }
  return score;
}

Json ToJson(const ChoiceScoreRequest& request) {
  Json continuations = Json::array();
  for (const std::string& text : request.continuations) {
    Json one = Json::object();
    PutText(one, "text", text);
    continuations.push_back(std::move(one));
  }
  Json json = {{"k", request.k}, {"continuations", std::move(continuations)}};
  PutText(json, "prompt", request.prompt);
  return json;
}

ChoiceScoreRequest ChoiceScoreRequestFrom(const Fields& fields) {
  ChoiceScoreRequest request;
  request.prompt = fields.Text("prompt");
  for (const Fields& one : fields.Objects("continuations")) {
    request.continuations.push_back(one.Text("text"));
  }
  request.k = fields.Int("k", INT32_MIN, INT32_MAX);
  return request;
}

Json ToJson(const ChoiceScore& score) {
  Json continuations = Json::array();
  for (const ChoiceScore::Continuation& one : score.continuations) {
    continuations.push_back({{"log_p", one.log_p}, {"greedy", one.greedy}});
  }
  Json json = {{"continuations", std::move(continuations)}, {"prompt_tokens", score.prompt_tokens}};
  PutExecuted(json, score.k_executed_min, score.k_executed_max);
  return json;
}

ChoiceScore ChoiceScoreFrom(const Fields& fields) {
  ChoiceScore score;
  for (const Fields& one : fields.Objects("continuations")) {
    score.continuations.push_back(
        {.log_p = one.Floats("log_p", kLeastLogP, 0), .greedy = one.Bool("greedy")});
  }
  score.prompt_tokens = fields.Int("prompt_tokens", 0, kMaxTokens);
  score.k_executed_min = fields.Int("k_executed_min", 0, kMaxExperts);
  score.k_executed_max = fields.Int("k_executed_max", score.k_executed_min, kMaxExperts);
  return score;
}

}  // namespace moebench
