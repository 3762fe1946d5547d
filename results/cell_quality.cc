#include "results/cell_quality.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "harness/base/hash.h"

namespace moebench {
namespace {

constexpr size_t kMaxSamples = 5;
constexpr char kRight[] = "right";

// Code that could not run, or an answer that only a judge can grade, has no score.
bool HasScore(const AnswerRecord& answer) {
  return answer.outcome != "unjudged" && !answer.outcome.starts_with("skipped");
}

// The first answer to each item; a second one (a resumed sweep may repeat a batch) doesn't count.
std::map<std::string, const AnswerRecord*> ByItem(const CellData& cell) {
  std::map<std::string, const AnswerRecord*> by_item;
  for (const AnswerRecord* answer : cell.answers) {
    if (HasScore(*answer)) by_item.emplace(answer->item_id, answer);
  }
  return by_item;
}

void CountOutcome(const std::string& outcome, QualityView& quality) {
  int& count = outcome == kRight      ? quality.right
               : outcome == "cut_off" ? quality.cut_off
               : outcome == "empty"   ? quality.empty
               : outcome == "loop"    ? quality.loop
                                      : quality.wrong;
  ++count;
}

using Pairs = std::vector<std::pair<const AnswerRecord*, const AnswerRecord*>>;  // baseline, cell

Pairs SameItems(const CellData& baseline, const CellData& cell) {
  const auto of_cell = ByItem(cell);
  Pairs pairs;
  for (const auto& [item, answer] : ByItem(baseline)) {
    const auto found = of_cell.find(item);
    if (found == of_cell.end() || found->second->item_hash != answer->item_hash) continue;
    pairs.emplace_back(answer, found->second);
  }
  return pairs;
}

// What makes two arms less comparable than their scores look: other items, or answers that one arm
// was stopped in far more often.
void AddArmDifferences(const CellData& baseline, const CellData& cell, const Pairs& pairs,
                       Verdict& verdict) {
  constexpr size_t kTellingShare = 10;  // one tenth of the items
  const size_t asked = std::max(ByItem(baseline).size(), ByItem(cell).size());
  if (pairs.size() < asked) {
    verdict.reasons.push_back(
        fmt::format("items differ: only {} of {} were answered by both", pairs.size(), asked));
  }
  size_t of_base = 0, of_cell = 0;
  for (const auto& [base, mine] : pairs) {
    of_base += base->outcome == "cut_off" ? 1 : 0;
    of_cell += mine->outcome == "cut_off" ? 1 : 0;
  }
  const size_t more = of_cell > of_base ? of_cell - of_base : of_base - of_cell;
  if (more * kTellingShare > pairs.size()) {
    verdict.reasons.push_back(
        fmt::format("cut off at the token limit: {} of {} answers, the baseline's {}", of_cell,
                    pairs.size(), of_base));
  }
}

// Items the baseline had right and the cell not: one of each category first.
std::vector<SampleAnswer> LostAnswers(const Pairs& pairs) {
  std::vector<SampleAnswer> samples;
  std::set<std::string> categories;
  for (const bool new_category_only : {true, false}) {
    std::set<std::string> taken;
    for (const SampleAnswer& sample : samples) taken.insert(sample.item_id);
    for (const auto& [base, cell] : pairs) {
      if (samples.size() == kMaxSamples) return samples;
      if (base->outcome != kRight || cell->outcome == kRight) continue;
      if (taken.contains(cell->item_id)) continue;
      if (new_category_only && !categories.insert(cell->category).second) continue;
      samples.push_back({cell->item_id, cell->prompt, base->answer, cell->answer, cell->outcome});
    }
  }
  return samples;
}

}  // namespace

void FillScores(const CellData& cell, CellView& view) {
  QualityView& quality = view.quality;
  std::map<std::string, CategoryScore> categories;
  double sum = 0;
  for (const auto& [item, answer] : ByItem(cell)) {
    ++quality.n;
    sum += answer->score;
    CountOutcome(answer->outcome, quality);
    CategoryScore& category = categories[answer->category];
    ++category.n;
    category.score += answer->score;
  }
  if (quality.n == 0) return;
  const Estimate score = WilsonInterval(sum, quality.n);
  quality.score = score.centre;
  quality.score_lo = score.lo;
  quality.score_hi = score.hi;
  for (auto& [name, category] : categories) {
    category.category = name;
    category.score /= category.n;
    view.categories.push_back(category);
  }
}

Verdict CompareQuality(const CellData& cell, const CellData& baseline, bool same_k,
                       double flag_below, CellView& view) {
  const Pairs pairs = SameItems(baseline, cell);
  std::vector<double> base_scores, cell_scores;
  int lost = 0;
  int won = 0;
  int other_text = 0;
  for (const auto& [base, mine] : pairs) {
    base_scores.push_back(base->score);
    cell_scores.push_back(mine->score);
    const bool base_right = base->outcome == kRight;
    const bool right = mine->outcome == kRight;
    lost += base_right && !right ? 1 : 0;
    won += right && !base_right ? 1 : 0;
    other_text += base->answer != mine->answer ? 1 : 0;
  }
  // The cell's own id is the seed: each cell's bootstrap is its own, the same each time.
  const QualityChange change = PairedChange(base_scores, cell_scores, Fnv1a64(view.record.cell_id));
  view.quality.relative = change.relative;
  view.quality.lo = change.lo;
  view.quality.hi = change.hi;
  view.quality.min_detectable = change.min_detectable;
  view.quality.p_mcnemar = McNemarP(lost, won);
  view.samples = LostAnswers(pairs);
  if (same_k && change.n > 0 && other_text == 0) {
    return {VerdictKind::kOk,
            {fmt::format("same answers as the baseline, {} item{}", change.n,
                         change.n == 1 ? "" : "s")}};
  }
  Verdict verdict = QualityVerdict(change, flag_below);
  AddArmDifferences(baseline, cell, pairs, verdict);
  if (same_k && other_text > 0) {
    verdict.reasons.push_back(
        fmt::format("{} of {} answers differ from the baseline's text", other_text, change.n));
  }
  return verdict;
}

}  // namespace moebench
