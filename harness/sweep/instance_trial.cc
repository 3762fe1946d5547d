#include "harness/sweep/instance_trial.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>

#include "harness/stats/summary.h"
#include "harness/sweep/at_once.h"

namespace moebench {
namespace {

// Tokens of a request that only keeps an instance busy: short, for the last one waits for its end.
constexpr int kFillerTokens = 8;

void KeepBusy(Runner& runner, const Cell& cell, const SpeedPrompt& prompt,
              const std::atomic<int>& running) {
  GenerateRequest request;
  request.prompt = prompt.prompt;
  request.k = cell.k;
  request.max_tokens = kFillerTokens;
  request.ignore_eos = true;
  while (running > 0) runner.Generate(request);
}

void AddOptional(const std::optional<int64_t>& more, std::optional<int64_t>& sum) {
  if (more) sum = sum.value_or(0) + *more;
}

void AddPlaces(const std::vector<int64_t>& more, std::vector<int64_t>& sums) {
  if (sums.size() < more.size()) sums.resize(more.size());
  for (size_t i = 0; i < more.size(); ++i) sums[i] += more[i];
}

// Means over passes stay the first's: all instances guess the same.
void AddSpeculation(const std::optional<SpeculationRecord>& more,
                    std::optional<SpeculationRecord>& sums) {
  if (!more || !sums) return;
  sums->steps += more->steps;
  sums->drafted += more->drafted;
  sums->accepted += more->accepted;
  sums->looked_up += more->looked_up;
  sums->lookup_accepted += more->lookup_accepted;
  AddPlaces(more->drafted_at, sums->drafted_at);
  AddPlaces(more->accepted_at, sums->accepted_at);
  sums->draft_ms += more->draft_ms;
  sums->verify_ms += more->verify_ms;
  sums->rollback_ms += more->rollback_ms;
  sums->lookup_ms += more->lookup_ms;
}

// The mean over all threads of all instances, and the most of any.
void MergeWait(const std::optional<WaitRecord>& more, double n, std::optional<WaitRecord>& sum) {
  if (!more || !sum) {
    sum.reset();
    return;
  }
  sum->mean += more->mean / n;
  sum->most = std::max(sum->most, more->most);
}

InstanceRecord RecordOf(const TrialRecord& trial) {
  return {.prompt_tokens = trial.prompt_tokens,
          .timed_tokens = static_cast<int64_t>(trial.inter_token_ms.size()),
          .prefill_ms = trial.prefill_ms,
          .decode_ms = trial.decode_ms,
          .logits_hash = trial.logits_hash};
}

}  // namespace

TrialRecord MeasureAtOnce(std::span<Worker> workers, const Cell& cell,
                          std::span<const SpeedPrompt> prompts, int max_tokens, PlainTexts* plain,
                          const std::function<double()>& now_s) {
  if (workers.size() == 1) {
    return MeasureTrial(*workers[0].runner, cell, prompts, max_tokens, plain);
  }
  std::vector<TrialRecord> trials(workers.size());
  std::vector<InstanceTime> times(workers.size());
  std::atomic<int> running = static_cast<int>(workers.size());
  struct Ended {  // also where the trial throws: nobody waits for one that will never end
    std::atomic<int>& running;
    ~Ended() { --running; }
  };
  RunAtOnce(workers.size(), [&](size_t i) {
    Runner& runner = *workers[i].runner;
    {
      const Ended ended{running};
      times[i].start_s = now_s();
      trials[i] = MeasureTrial(runner, cell, prompts, max_tokens, i == 0 ? plain : nullptr);
      times[i].end_s = now_s();
    }
    if (!prompts.empty()) KeepBusy(runner, cell, prompts.front(), running);
    times[i].busy_until_s = now_s();
  });
  return MergeInstances(std::move(trials), OverlapOf(times));
}

TrialRecord MergeInstances(std::vector<TrialRecord> trials, double overlap) {
  const auto n = static_cast<double>(trials.size());
  TrialRecord merged = trials.front();
  merged.instances.push_back(RecordOf(trials.front()));
  std::vector<double> ttft_ms = {merged.ttft_ms};
  merged.bytes_per_token /= n;
  for (auto* wait : {&merged.prefill_wait, &merged.decode_wait}) {
    if (*wait) (*wait)->mean /= n;
  }
  for (size_t i = 1; i < trials.size(); ++i) {
    const TrialRecord& t = trials[i];
    merged.instances.push_back(RecordOf(t));
    merged.prompts += t.prompts;
    merged.prompt_tokens += t.prompt_tokens;
    merged.generated_tokens += t.generated_tokens;
    merged.prefill_ms += t.prefill_ms;
    merged.decode_ms += t.decode_ms;
    ttft_ms.push_back(t.ttft_ms);
    merged.inter_token_ms.insert(merged.inter_token_ms.end(), t.inter_token_ms.begin(),
                                 t.inter_token_ms.end());
    merged.k_executed_min = std::min(merged.k_executed_min, t.k_executed_min);
    merged.k_executed_max = std::max(merged.k_executed_max, t.k_executed_max);
    merged.experts_touched = std::max(merged.experts_touched, t.experts_touched);
    merged.bytes_per_token += t.bytes_per_token / n;
    AddOptional(t.drafted, merged.drafted);
    AddOptional(t.accepted, merged.accepted);
    AddSpeculation(t.speculation, merged.speculation);
    MergeWait(t.prefill_wait, n, merged.prefill_wait);
    MergeWait(t.decode_wait, n, merged.decode_wait);
  }
  merged.ttft_ms = Median(ttft_ms);
  merged.overlap = overlap;
  return merged;
}

std::string OverlapReason(const TrialRecord& trial) {
  if (trial.instances.size() < 2 || trial.overlap >= kEnoughOverlap) return "";
  return fmt::format("instances ran at the same time for only {:.0f} % of a trial",
                     100 * trial.overlap);
}

std::string DisagreementReason(const TrialRecord& trial) {
  for (size_t i = 1; i < trial.instances.size(); ++i) {
    if (trial.instances[i].logits_hash == trial.instances[0].logits_hash) continue;
    return fmt::format("suspect: instance {} computed other logits than instance 0", i);
  }
  return "";
}

}  // namespace moebench
