#include "results/cell_figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "harness/stats/stable.h"
#include "results/energy.h"

namespace moebench {
namespace {

constexpr int64_t kMinTokens = 16;  // generated per trial; fewer are a start, not a speed
constexpr size_t kMinSamplesForP90 = 10, kMinSamplesForP99 = 100;
constexpr double kOverBandwidth = 1.05;  // reliability.md 3.6 V4
constexpr double kOverMaxSpeedup = 1.02;

// One figure of every trial, by session.
template <typename Figure>
Groups BySession(const CellData& cell, Figure figure) {
  std::map<int64_t, std::vector<double>> by_session;
  for (const TrialRecord* trial : cell.trials) {
    by_session[trial->session_id].push_back(figure(*trial));
  }
  Groups groups;
  for (auto& [id, values] : by_session) groups.push_back(std::move(values));
  return groups;
}

template <typename Figure>
Interval RangeOf(const CellData& cell, Figure figure) {
  std::vector<double> values;
  for (const TrialRecord* trial : cell.trials) values.push_back(figure(*trial));
  if (values.empty()) return {};
  const auto [lo, hi] = std::minmax_element(values.begin(), values.end());
  return {Median(values), *lo, *hi, static_cast<int>(values.size())};
}

template <typename Figure>
Interval IntervalOf(const CellData& cell, Figure figure) {
  if (!cell.stable) return RangeOf(cell, figure);
  const Estimate e = CentreInterval(BySession(cell, figure));
  return {e.centre, e.lo, e.hi, e.n};
}

constexpr double kPercentiles[] = {1, 5, 10, 25, 50, 75, 90, 95, 99, 99.9};
constexpr double kMinBeyond = 1;  // samples at or beyond a percentile that is drawn

// As Quantile (R type 7), of samples in rising order: a cell has thousands and ten are asked for.
double QuantileOfSorted(const std::vector<double>& sorted, double q) {
  const double position = q * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(position);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return std::lerp(sorted[below], sorted[above], position - static_cast<double>(below));
}

LatencyView LatencyOf(std::vector<double> samples) {
  LatencyView view;
  view.n = static_cast<int>(samples.size());
  if (samples.empty()) return view;
  std::sort(samples.begin(), samples.end());
  view.p50 = QuantileOfSorted(samples, 0.50);
  if (samples.size() >= kMinSamplesForP90) view.p90 = QuantileOfSorted(samples, 0.90);
  if (samples.size() >= kMinSamplesForP99) view.p99 = QuantileOfSorted(samples, 0.99);
  for (const double percentile : kPercentiles) {
    const double share = std::min(percentile, 100 - percentile) / 100;
    if (share * static_cast<double>(samples.size()) < kMinBeyond) continue;
    view.curve.emplace_back(percentile, QuantileOfSorted(samples, percentile / 100));
  }
  return view;
}

void FillBandwidth(const ReadBound& bounds, CellView& view) {
  view.bandwidth_gbps = view.bytes_per_token * view.decode_tps.median * 1e-9;
  const bool cached = FitsCaches(bounds, view.bandwidth_gbps);
  const double bound = cached ? bounds.cache_gbps : bounds.memory_gbps;
  if (bound <= 0 || view.bandwidth_gbps <= 0) return;
  view.bound = cached ? "cache" : "memory";
  view.bandwidth_fraction = view.bandwidth_gbps / bound;
}

std::string RefusalOfTrial(const Cell& cell, const TrialRecord& trial) {
  if (cell.k > 0 && (trial.k_executed_min != cell.k || trial.k_executed_max != cell.k)) {
    return fmt::format("not_obeyed: asked for {} experts, executed {} to {}", cell.k,
                       trial.k_executed_min, trial.k_executed_max);
  }
  if (trial.generated_tokens < kMinTokens) {
    return fmt::format("suspect: {} tokens in a trial, at least {} are needed",
                       trial.generated_tokens, kMinTokens);
  }
  if (std::cmp_greater(trial.inter_token_ms.size(), trial.generated_tokens)) {
    return fmt::format("suspect: {} latencies for {} tokens", trial.inter_token_ms.size(),
                       trial.generated_tokens);
  }
  if (trial.accepted.value_or(0) > std::min(trial.drafted.value_or(0), trial.generated_tokens)) {
    return fmt::format("suspect: {} accepted tokens of {} drafted, {} generated", *trial.accepted,
                       trial.drafted.value_or(0), trial.generated_tokens);
  }
  const double sum = std::accumulate(trial.inter_token_ms.begin(), trial.inter_token_ms.end(), 0.0);
  // Each latency is a float, 2^-24 exact; 1 % leaves room for whatever sums them.
  if (!(trial.decode_ms > 0) || std::abs(sum - trial.decode_ms) > 0.01 * trial.decode_ms) {
    return fmt::format("suspect: decode time {:.3f} ms, its latencies sum to {:.3f} ms",
                       trial.decode_ms, sum);
  }
  return "";
}

std::vector<TimedValue> Timed(const std::vector<const TrialRecord*>& trials,
                              const TrialSpeed& speed) {
  std::vector<TimedValue> timed;
  timed.reserve(trials.size());
  for (const TrialRecord* trial : trials) timed.push_back({trial->order, speed(*trial)});
  return timed;
}

}  // namespace

void LeaveOutDisturbed(CellData& cell) {
  const auto quiet = [](const TrialRecord* trial) { return trial->unstable.empty(); };
  const auto move_out = [&](std::vector<const TrialRecord*>& from,
                            std::vector<const TrialRecord*>& to) {
    const auto first = std::stable_partition(from.begin(), from.end(), quiet);
    to.assign(first, from.end());
    from.erase(first, from.end());
  };
  move_out(cell.rerun, cell.rerun_disturbed);
  std::vector<TrialSeen> seen;
  for (const TrialRecord* trial : cell.trials) seen.push_back({trial->session_id, quiet(trial)});
  cell.stable = cell.trials.empty() || EnoughStable(seen);
  if (cell.stable) move_out(cell.trials, cell.disturbed);
}

std::string DisturbedInWords(const CellData& cell) {
  size_t count = 0;
  std::string reason;
  for (const auto& trials : {cell.trials, cell.disturbed}) {
    for (const TrialRecord* trial : trials) {
      if (trial->unstable.empty()) continue;
      ++count;
      if (reason.empty()) reason = trial->unstable;
    }
  }
  if (count == 0) return "";
  return fmt::format("{} of {} trials were disturbed ({})", count,
                     cell.trials.size() + cell.disturbed.size(), reason);
}

ReadBound BoundsOf(const CellData& cell, const SessionsById& sessions, int64_t weight_bytes) {
  ReadBound bounds;
  bounds.data_bytes = weight_bytes;
  for (const TrialRecord* trial : cell.trials) {
    const auto found = sessions.find(trial->session_id);
    if (found == sessions.end()) continue;
    // The best that was seen: neighbours only ever make a probe slower.
    const SessionRecord& session = *found->second;
    bounds.memory_gbps = std::max(bounds.memory_gbps, session.read_bandwidth_gbps);
    bounds.cache_gbps = std::max(bounds.cache_gbps, session.cache_bandwidth_gbps);
    bounds.cache_bytes = std::max(bounds.cache_bytes, session.cache_bytes);
  }
  return bounds;
}

void FillFigures(const CellData& cell, const ReadBound& bounds, CellView& view) {
  view.decode_tps = IntervalOf(cell, [](const TrialRecord& t) { return t.DecodeTps(); });
  view.prefill_tps = IntervalOf(cell, [](const TrialRecord& t) { return t.PrefillTps(); });
  view.ttft_ms = IntervalOf(cell, [](const TrialRecord& t) { return t.ttft_ms; });
  view.sessions = static_cast<int>(BySession(cell, [](const TrialRecord&) { return 0; }).size());
  std::vector<double> latencies;
  std::vector<double> first_tokens;
  std::vector<double> bytes;
  int64_t drafted = 0;
  int64_t accepted = 0;
  for (const TrialRecord* trial : cell.trials) {
    latencies.insert(latencies.end(), trial->inter_token_ms.begin(), trial->inter_token_ms.end());
    first_tokens.push_back(trial->ttft_ms);
    bytes.push_back(trial->bytes_per_token);
    drafted += trial->drafted.value_or(0);
    accepted += trial->accepted.value_or(0);
  }
  if (drafted > 0) {
    view.accept_rate = static_cast<double>(accepted) / static_cast<double>(drafted);
  }
  view.stable = cell.stable;
  view.unstable_trials =
      static_cast<int>(cell.disturbed.size()) +
      static_cast<int>(std::count_if(cell.trials.begin(), cell.trials.end(),
                                     [](const auto* t) { return !t->unstable.empty(); }));
  view.trials = static_cast<int>(cell.trials.size() + cell.disturbed.size());
  view.bytes_per_token = Median(std::move(bytes));
  view.ttft_times = LatencyOf(std::move(first_tokens));
  view.token_times = LatencyOf(std::move(latencies));
  view.inter_token_p50_ms = view.token_times.p50;
  view.inter_token_p99_ms = view.token_times.p99;
  const Energy energy = EnergyOf(cell.trials);
  view.joules_per_token = energy.joules_per_token;
  view.no_energy = energy.unavailable;
  FillBandwidth(bounds, view);
}

std::string RefusalOf(const CellData& cell, const ReadBound& bounds, const CellView& figures) {
  // A disturbed trial obeyed, or didn't, like any other.
  for (const auto& trials : {cell.trials, cell.disturbed, cell.rerun, cell.rerun_disturbed}) {
    for (const TrialRecord* trial : trials) {
      std::string refusal = RefusalOfTrial(cell.record->cell, *trial);
      if (!refusal.empty()) return refusal;
    }
  }
  const double achieved = figures.bandwidth_gbps;
  const double limit = ReadableGbps(bounds, achieved);
  if (limit <= 0 || achieved <= kOverBandwidth * limit) return "";
  return fmt::format("suspect: above the measured bandwidth, {:.1f} GB/s of {:.1f} GB/s ({})",
                     achieved, limit, FitsCaches(bounds, achieved) ? "cache" : "memory");
}

std::string TwoEnginesReason(const CellData& cell, const SessionsById& sessions) {
  const SessionRecord* first = nullptr;
  for (const TrialRecord* trial : cell.trials) {
    const auto found = sessions.find(trial->session_id);
    if (found == sessions.end()) continue;
    const SessionRecord& session = *found->second;
    if (!first) first = &session;
    if (session.engine_version != first->engine_version || session.isa != first->isa) {
      return fmt::format("suspect: two engines under one name, {} ({}) and {} ({})",
                         first->engine_version, first->isa, session.engine_version, session.isa);
    }
  }
  return "";
}

Interval SpeedInterval(const CellData& cell, const TrialSpeed& speed) {
  return IntervalOf(cell, speed);
}

SpeedRatio RatioOf(const CellData& cell, const CellData& reference, const TrialSpeed& speed) {
  std::map<int64_t, std::vector<const TrialRecord*>> of_cell, of_reference;
  for (const TrialRecord* trial : cell.trials) of_cell[trial->session_id].push_back(trial);
  for (const TrialRecord* t : reference.trials) of_reference[t->session_id].push_back(t);
  std::vector<SessionTrials> shared;
  for (const auto& [session, trials] : of_cell) {
    const auto found = of_reference.find(session);
    if (found == of_reference.end()) continue;
    shared.push_back({.baseline = Timed(found->second, speed), .cell = Timed(trials, speed)});
  }
  if (!shared.empty()) return PairedRatio(shared);
  return UnpairedRatio(BySession(reference, speed), BySession(cell, speed));
}

SpeedRatio DecodeRatio(const CellData& cell, const CellData& reference) {
  return RatioOf(cell, reference, [](const TrialRecord& trial) { return trial.DecodeTps(); });
}

std::string FasterThanBytesAllow(const SpeedRatio& over_k0, double max_speedup) {
  if (max_speedup <= 0 || over_k0.n < 2) return "";
  // More experts than k0 read more bytes. Where something else costs the time they need not be
  // slower by as much, but they can't be faster.
  const double bound = std::max(1.0, max_speedup);
  if (over_k0.lo <= kOverMaxSpeedup * bound) return "";
  return fmt::format(
      "suspect: faster than the bytes allow, x{:.2f} [{:.2f}, {:.2f}] of at most"
      " x{:.2f}",
      over_k0.ratio, over_k0.lo, over_k0.hi, bound);
}

}  // namespace moebench
