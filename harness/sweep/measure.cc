#include "harness/sweep/measure.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "harness/base/error.h"
#include "harness/base/hash.h"
#include "harness/stats/summary.h"
#include "harness/sweep/item_grading.h"
#include "quality/choice_score.h"
#include "quality/text_units.h"

namespace moebench {
namespace {

GenerateRequest RequestOf(const Cell& cell, const std::string& prompt, int max_tokens) {
  GenerateRequest request;
  request.prompt = prompt;
  request.k = cell.k;
  request.decoding = cell.decoding;
  request.max_tokens = max_tokens;
  return request;
}

void AddCounter(std::optional<int64_t>& sum, const std::optional<int64_t>& value) {
  if (value) sum = sum.value_or(0) + *value;
}

uint64_t MixHash(uint64_t hash, uint64_t value) {
  return Fnv1a64({reinterpret_cast<const char*>(&value), sizeof value}, hash);
}

AnswerRecord RecordOf(const Cell& cell, const Item& item, const Grade& grade) {
  return {.cell_id = CellId(cell),
          .item_id = item.id,
          .item_hash = item.hash,
          .category = item.category,
          .prompt = item.prompt,
          .finish = "stop",
          .score = grade.score,
          .outcome = grade.outcome,
          .detail = grade.detail};
}

AnswerRecord WriteAnswer(Runner& runner, const Cell& cell, const Item& item,
                         const CodeRunner& run_code) {
  const GenerateResult result = runner.Generate(RequestOf(cell, item.prompt, item.max_tokens));
  const Finish finish = result.finish == "stop" ? Finish::kStop : Finish::kLength;
  AnswerRecord record =
      RecordOf(cell, item, GradeAnswer(RuleOf(item), result.text, finish, run_code));
  record.answer = result.text;
  record.finish = result.finish;
  record.prompt_tokens = result.prompt_tokens;
  record.generated_tokens = static_cast<int>(result.tokens.size());
  return record;
}

// The probabilities of the item's choices; nothing is generated.
AnswerRecord ChooseAnswer(Runner& runner, const Cell& cell, const Item& item) {
  std::vector<ChoiceLikelihood> likelihoods;
  int prompt_tokens = 0;
  const auto add = [&](const std::string& prompt, const std::vector<std::string>& continuations) {
    const ChoiceScore score =
        runner.ScoreChoices({.prompt = prompt, .continuations = continuations, .k = cell.k});
    prompt_tokens += score.prompt_tokens;
    for (size_t i = 0; i < score.continuations.size(); ++i) {
      const std::vector<float>& log_p = score.continuations[i].log_p;
      likelihoods.push_back({.log_p = std::accumulate(log_p.begin(), log_p.end(), 0.0),
                             .tokens = static_cast<int>(log_p.size()),
                             .characters = static_cast<int>(CodePoints(Trim(continuations[i])))});
    }
  };
  if (item.choice_prompts.empty()) {
    add(item.prompt, item.choices);
  } else {
    for (size_t i = 0; i < item.choices.size(); ++i) add(item.choice_prompts[i], {item.choices[i]});
  }
  const ChoiceGrade chosen = GradeChoices(likelihoods, item.gold, NormOf(item.spec, item.id));
  AnswerRecord record = RecordOf(cell, item, chosen.grade);
  if (chosen.chosen >= 0) record.answer = item.choices[static_cast<size_t>(chosen.chosen)];
  record.prompt_tokens = prompt_tokens;
  return record;
}

}  // namespace

TrialRecord MeasureTrial(Runner& runner, const Cell& cell, std::span<const SpeedPrompt> prompts,
                         int max_tokens) {
  TrialRecord trial;
  trial.cell_id = CellId(cell);
  trial.prompts = static_cast<int>(prompts.size());
  std::vector<double> ttft_ms;
  double weighted_bytes = 0;
  for (const SpeedPrompt& prompt : prompts) {
    GenerateRequest request = RequestOf(cell, prompt.prompt, max_tokens);
    request.ignore_eos = true;
    const GenerateResult result = runner.Generate(request);
    trial.prompt_tokens += result.prompt_tokens;
    trial.generated_tokens += static_cast<int64_t>(result.tokens.size());
    trial.prefill_ms += result.prefill_ms;
    trial.decode_ms +=
        std::accumulate(result.inter_token_ms.begin(), result.inter_token_ms.end(), 0.0);
    ttft_ms.push_back(result.prefill_ms);
    trial.inter_token_ms.insert(trial.inter_token_ms.end(), result.inter_token_ms.begin(),
                                result.inter_token_ms.end());
    const bool first = ttft_ms.size() == 1;
    trial.k_executed_min =
        first ? result.k_executed_min : std::min(trial.k_executed_min, result.k_executed_min);
    trial.k_executed_max = std::max(trial.k_executed_max, result.k_executed_max);
    trial.experts_touched += result.experts_touched;
    weighted_bytes += result.bytes_per_token * static_cast<double>(result.inter_token_ms.size());
    trial.logits_hash = MixHash(trial.logits_hash, result.logits_hash);
    AddCounter(trial.drafted, result.drafted);
    AddCounter(trial.accepted, result.accepted);
  }
  trial.ttft_ms = Median(ttft_ms);
  if (!trial.inter_token_ms.empty()) {
    trial.bytes_per_token = weighted_bytes / static_cast<double>(trial.inter_token_ms.size());
  }
  return trial;
}

std::vector<AnswerRecord> AnswerItems(Runner& runner, const Cell& cell, std::span<const Item> items,
                                      const CodeRunner& run_code) {
  std::vector<AnswerRecord> answers;
  for (const Item& item : items) {
    answers.push_back(item.grader_kind == "choices" ? ChooseAnswer(runner, cell, item)
                                                    : WriteAnswer(runner, cell, item, run_code));
  }
  return answers;
}

void CheckGraders(std::span<const Item> items) {
  for (const Item& item : items) CheckRule(RuleOf(item), "item " + item.id);
}

void CheckDistinctPrompts(std::span<const SpeedPrompt> prompts) {
  std::map<std::string, std::string> seen;  // text -> id
  for (const SpeedPrompt& prompt : prompts) {
    const auto [first, is_new] = seen.emplace(prompt.prompt, prompt.id);
    if (is_new) continue;
    throw Error{fmt::format("'{}' and '{}' are the same prompt: lookup would replay its own answer",
                            first->second, prompt.id),
                "speed prompts", "measure lookup on distinct prompts", ExitCode::kBadData};
  }
}

std::string NotObeyedReason(const Cell& cell, const TrialRecord& trial) {
  if (cell.k == 0 || (trial.k_executed_min == cell.k && trial.k_executed_max == cell.k)) return "";
  return fmt::format("not_obeyed: asked k = {}, ran {} to {}", cell.k, trial.k_executed_min,
                     trial.k_executed_max);
}

}  // namespace moebench
