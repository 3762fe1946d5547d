#include "harness/sweep/measure.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "harness/base/error.h"
#include "harness/base/hash.h"
#include "harness/config/sweep_spec.h"
#include "harness/stats/summary.h"
#include "harness/sweep/answer_signs.h"
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
  if (cell.decoding == "plain") return request;
  request.speculation.draft_tokens = cell.guessing.draft_tokens;
  request.speculation.min_probability = cell.guessing.min_probability;
  if (!cell.guessing.recurrent.empty()) request.speculation.recurrent = cell.guessing.recurrent;
  return request;
}

GenerateRequest SpeedRequest(const Cell& cell, const SpeedPrompt& prompt, int max_tokens) {
  GenerateRequest request = RequestOf(cell, prompt.prompt, SpeedTokens(prompt, max_tokens));
  request.ignore_eos = true;
  return request;
}
std::string SpeedName(const SpeedPrompt& prompt) { return "speed " + prompt.id; }

// The text is kept if it is plain decoding's, else held against it.
std::optional<ParityRecord> HoldAgainstPlain(Runner& runner, const GenerateRequest& request,
                                             const std::string& name, const GenerateResult& result,
                                             PlainTexts* plain) {
  if (!plain) return std::nullopt;
  if (request.decoding == "plain") {
    plain->Keep(request.k, name, result);
    return std::nullopt;
  }
  return CompareTexts(plain->Of(runner, request, name), TextOf(result));
}

void AddCounter(std::optional<int64_t>& sum, const std::optional<int64_t>& value) {
  if (value) sum = sum.value_or(0) + *value;
}

void AddCounts(const std::vector<int64_t>& more, std::vector<int64_t>& sums) {
  if (sums.size() < more.size()) sums.resize(more.size());
  for (size_t i = 0; i < more.size(); ++i) sums[i] += more[i];
}

// Means are over passes.
void AddSpeculation(const SpeculationCounts& more, std::optional<SpeculationRecord>& sums) {
  if (!sums) sums.emplace();
  SpeculationRecord& s = *sums;
  const auto before = static_cast<double>(s.steps), now = static_cast<double>(more.steps);
  const auto mean = [&](double old, double added) {
    return before + now > 0 ? (before * old + now * added) / (before + now) : 0;
  };
  s.experts_per_step = mean(s.experts_per_step, more.experts_per_step);
  s.tokens_per_pass = mean(s.tokens_per_pass, more.tokens_per_pass);
  s.steps += more.steps;
  s.drafted += more.drafted;
  s.accepted += more.accepted;
  s.looked_up += more.looked_up;
  s.lookup_accepted += more.lookup_accepted;
  AddCounts(more.drafted_at, s.drafted_at);
  AddCounts(more.accepted_at, s.accepted_at);
  s.draft_ms += more.draft_ms;
  s.verify_ms += more.verify_ms;
  s.rollback_ms += more.rollback_ms;
  s.lookup_ms += more.lookup_ms;
}

std::string NotSpeculatedReason(const Cell& cell, const TrialRecord& trial) {
  if (cell.decoding == "plain") return "";
  if (!trial.speculation) {
    return fmt::format("not_obeyed: asked for '{}', the runner counted no pass of it",
                       cell.decoding);
  }
  const SpeculationRecord& s = *trial.speculation;
  if (cell.decoding == "draft" && s.drafted == 0) {
    return "not_obeyed: asked for 'draft', the draft model guessed nothing";
  }
  const auto most = static_cast<size_t>(cell.guessing.draft_tokens);
  if (most > 0 && s.drafted_at.size() > most && s.drafted_at[most] > 0) {
    return fmt::format("not_obeyed: asked for at most {} guesses, {} passes had more", most,
                       s.drafted_at[most]);
  }
  return "";
}

// Means over the time of several phases.
class WaitSum {
 public:
  void Add(const std::optional<WaitShare>& share, double ms) {
    if (!share || ms <= 0) return;
    ms_ += ms;
    mean_ms_ += share->mean * ms;
    most_ms_ += share->most * ms;
  }
  std::optional<WaitRecord> Share() const {
    if (ms_ <= 0) return std::nullopt;
    return WaitRecord{mean_ms_ / ms_, most_ms_ / ms_};
  }

 private:
  double ms_ = 0, mean_ms_ = 0, most_ms_ = 0;
};

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
                         const CodeRunner& run_code, PlainTexts* plain) {
  const GenerateRequest request = RequestOf(cell, item.prompt, item.max_tokens);
  const GenerateResult result = runner.Generate(request);
  const Finish finish = result.finish == "stop" ? Finish::kStop : Finish::kLength;
  AnswerRecord record =
      RecordOf(cell, item, GradeAnswer(RuleOf(item), result.text, finish, run_code));
  record.answer = result.text;
  record.finish = result.finish;
  record.prompt_tokens = result.prompt_tokens;
  record.generated_tokens = static_cast<int>(result.tokens.size());
  record.parity = HoldAgainstPlain(runner, request, "item " + item.id, result, plain);
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
                         int max_tokens, PlainTexts* plain) {
  TrialRecord trial;
  trial.cell_id = CellId(cell);
  trial.prompts = static_cast<int>(prompts.size());
  std::vector<double> ttft_ms;
  double weighted_bytes = 0;
  WaitSum prefill_wait, decode_wait;
  for (const SpeedPrompt& prompt : prompts) {
    const GenerateRequest request = SpeedRequest(cell, prompt, max_tokens);
    const GenerateResult result = runner.Generate(request);
    const double decode_ms =
        std::accumulate(result.inter_token_ms.begin(), result.inter_token_ms.end(), 0.0);
    trial.prompt_tokens += result.prompt_tokens;
    trial.generated_tokens += static_cast<int64_t>(result.tokens.size());
    trial.prefill_ms += result.prefill_ms;
    trial.decode_ms += decode_ms;
    ttft_ms.push_back(result.prefill_ms);
    prefill_wait.Add(result.prefill_wait, result.prefill_ms);
    decode_wait.Add(result.decode_wait, decode_ms);
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
    if (result.speculation) AddSpeculation(*result.speculation, trial.speculation);
    trial.each_prompt.push_back(
        {.prompt_id = prompt.id,
         .generated_tokens = static_cast<int64_t>(result.tokens.size()),
         .decode_ms = decode_ms,
         .drafted = result.drafted,
         .accepted = result.accepted,
         .parity = HoldAgainstPlain(runner, request, SpeedName(prompt), result, plain)});
  }
  trial.ttft_ms = Median(ttft_ms);
  trial.prefill_wait = prefill_wait.Share();
  trial.decode_wait = decode_wait.Share();
  if (!trial.inter_token_ms.empty()) {
    trial.bytes_per_token = weighted_bytes / static_cast<double>(trial.inter_token_ms.size());
  }
  return trial;
}

void PreparePlainTexts(Runner& runner, const Cell& cell, std::span<const SpeedPrompt> prompts,
                       int max_tokens, PlainTexts& plain) {
  for (const SpeedPrompt& prompt : prompts) {
    plain.Of(runner, SpeedRequest(cell, prompt, max_tokens), SpeedName(prompt));
  }
}

std::vector<AnswerRecord> AnswerItems(Runner& runner, const Cell& cell, std::span<const Item> items,
                                      const CodeRunner& run_code, PlainTexts* plain) {
  std::vector<AnswerRecord> answers;
  for (const Item& item : items) {
    answers.push_back(item.grader_kind == "choices"
                          ? ChooseAnswer(runner, cell, item)
                          : WriteAnswer(runner, cell, item, run_code, plain));
  }
  FillSigns(answers);
  return answers;
}

std::vector<PassCostRecord> MeasurePassCosts(Runner& runner, const Cell& cell,
                                             std::span<const SpeedPrompt> prompts,
                                             int context_tokens) {
  constexpr int kSizes = kMaxDraftTokens + 1;
  constexpr int kUsualDepth = 128;
  MeasureRequest request;
  for (const SpeedPrompt& prompt : prompts) request.text += prompt.prompt + '\n';
  request.k = cell.k;
  request.depth_tokens = std::clamp((context_tokens - kSizes) / 2, 1, kUsualDepth);
  for (int tokens = 1; tokens <= kSizes; ++tokens) request.verify_tokens.push_back(tokens);
  std::vector<PassCostRecord> costs;
  for (const VerifyCost& c : runner.Measure(request).verify) {
    costs.push_back({.k = cell.k,
                     .tokens = c.tokens,
                     .ms = c.ms,
                     .lo_ms = c.lo_ms,
                     .hi_ms = c.hi_ms,
                     .n = c.n,
                     .experts_per_layer = c.experts_per_layer,
                     .bytes = c.bytes});
  }
  return costs;
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
  if (cell.k == 0 || (trial.k_executed_min == cell.k && trial.k_executed_max == cell.k)) {
    return NotSpeculatedReason(cell, trial);
  }
  return fmt::format("not_obeyed: asked k = {}, ran {} to {}", cell.k, trial.k_executed_min,
                     trial.k_executed_max);
}

}  // namespace moebench
