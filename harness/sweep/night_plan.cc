#include "harness/sweep/night_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <vector>

#include "harness/base/rng.h"
#include "harness/sweep/estimate.h"

namespace moebench {
namespace {

// What an estimate leaves out: reports, the wait for a quiet machine, trials run again.
constexpr double kUsableShare = 0.9;

struct Candidate {
  size_t group = 0, cell = 0;
  bool anchor = false;
  int rank = 2;      // 0 baseline, 1 controls, 2 the others
  std::string last;  // stamp; empty = never, which sorts first
  uint64_t tie_breaker = 0;
};

std::vector<Candidate> InOrderOfInformation(const SweepPlan& plan, const NightHistory& history) {
  std::vector<Candidate> candidates;
  Rng rng(plan.spec.seed);
  for (size_t g = 0; g < plan.groups.size(); ++g) {
    const SessionGroup& group = plan.groups[g];
    const auto add = [&](size_t index, bool anchor) {
      const CellRecord& cell = plan.models[group.model].cells[index];
      const auto last = history.last_measured.find(cell.cell_id);
      candidates.push_back({g, index, anchor,
                            cell.cell.baseline      ? 0
                            : cell.cell.control > 0 ? 1
                                                    : 2,
                            last == history.last_measured.end() ? "" : last->second, rng.Next()});
    };
    if (group.anchor) add(*group.anchor, true);
    for (const size_t cell : group.cells) add(cell, false);
  }
  std::sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
    return std::tie(a.rank, a.last, a.tie_breaker) < std::tie(b.rank, b.last, b.tie_breaker);
  });
  return candidates;
}

// The plan with these cells only; the anchor of a group with any cell in it belongs to them.
SweepPlan With(const SweepPlan& whole, const std::vector<Candidate>& chosen) {
  SweepPlan plan = whole;
  for (SessionGroup& group : plan.groups) group.cells.clear();
  std::vector<bool> used(plan.groups.size(), false);
  for (const Candidate& c : chosen) {
    used[c.group] = true;
    if (!c.anchor) plan.groups[c.group].cells.push_back(c.cell);
  }
  std::vector<SessionGroup> kept;
  for (size_t g = 0; g < plan.groups.size(); ++g) {
    // In the order of the whole plan: what runs must not depend on how it was chosen.
    std::sort(plan.groups[g].cells.begin(), plan.groups[g].cells.end());
    if (used[g]) kept.push_back(plan.groups[g]);
  }
  plan.groups = std::move(kept);
  return plan;
}

bool Planned(const SweepPlan& plan, size_t model, size_t cell) {
  return std::any_of(plan.groups.begin(), plan.groups.end(), [&](const SessionGroup& group) {
    return group.model == model &&
           (group.anchor == cell ||
            std::find(group.cells.begin(), group.cells.end(), cell) != group.cells.end());
  });
}

}  // namespace

int FitToBudget(SweepPlan& plan, const NightHistory& history, const NightBudget& budget) {
  const double limit_s = kUsableShare * budget.budget_s;
  std::vector<Candidate> chosen;
  for (const Candidate& candidate : InOrderOfInformation(plan, history)) {
    chosen.push_back(candidate);
    const double needed_s =
        EstimateSweep(With(plan, chosen), history.decode_tps, budget.bandwidth_gbps).seconds;
    if (candidate.rank == 2 && needed_s > limit_s) chosen.pop_back();
  }
  SweepPlan fitted = With(plan, chosen);
  int left_out = 0;
  for (size_t m = 0; m < fitted.models.size(); ++m) {
    for (size_t c = 0; c < fitted.models[m].cells.size(); ++c) {
      CellRecord& cell = fitted.models[m].cells[c];
      if (cell.status == Status::kSkipped || Planned(fitted, m, c) || !Planned(plan, m, c))
        continue;
      cell.status = Status::kSkipped;
      cell.reason = fmt::format(
          "budget: it does not fit into {}; what was measured longest ago goes"
          " first",
          FormatDuration(budget.budget_s));
      ++left_out;
    }
  }
  plan = std::move(fitted);
  return left_out;
}

}  // namespace moebench
