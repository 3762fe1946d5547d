#include "harness/sweep/speculation_book.h"

#include <algorithm>
#include <numeric>

namespace moebench {

PassKey PassKeyOf(const Cell& cell) {
  return {cell.model_sha256, cell.placement, cell.threads, cell.k};
}

void AddGuesses(const SpeculationRecord& trial, GuessCounts& counts) {
  counts.passes += trial.steps;
  counts.accepted =
      std::accumulate(trial.accepted_at.begin(), trial.accepted_at.end(), counts.accepted);
  counts.guess_ms += trial.draft_ms + trial.lookup_ms;
  if (counts.drafted_at.size() < trial.drafted_at.size()) {
    counts.drafted_at.resize(trial.drafted_at.size());
  }
  for (size_t i = 0; i < trial.drafted_at.size(); ++i) {
    counts.drafted_at[i] += trial.drafted_at[i];
  }
}

PlainTexts& SpeculationBook::PlainOf(const Cell& cell) { return plain_[PassKeyOf(cell)]; }

void SpeculationBook::LearnPasses(const Cell& cell, std::span<const PassCostRecord> costs) {
  std::vector<double>& ms = known_.pass_ms[PassKeyOf(cell)];
  ms.clear();
  for (const PassCostRecord& cost : costs) {
    if (cost.tokens != static_cast<int>(ms.size()) + 1) break;  // a gap ends what is known
    ms.push_back(cost.ms);
  }
}

void SpeculationBook::LearnTrial(const TrialRecord& trial) {
  if (trial.speculation) AddGuesses(*trial.speculation, known_.guesses[trial.cell_id]);
}

std::optional<PredictionRecord> SpeculationBook::Predict(const CellRecord& record) {
  const std::string& id = record.cell_id;
  const auto passes = known_.pass_ms.find(PassKeyOf(record.cell));
  const bool known_passes = passes != known_.pass_ms.end() && passes->second.size() > 1;
  if (record.cell.decoding == "plain" || !known_passes || known_.predicted.contains(id)) {
    return std::nullopt;
  }
  PredictionRecord prediction{.cell_id = id};
  GuessCounts counts;
  if (const auto earlier = earlier_.cells.find(id); earlier != earlier_.cells.end()) {
    prediction.source = earlier_.source;
    counts = earlier->second;
  } else if (const auto own = known_.guesses.find(id); own != known_.guesses.end()) {
    prediction.source = "its first trial";
    counts = own->second;
  } else {
    return std::nullopt;
  }
  const SpeculationCosts costs = CostsOf(counts, passes->second);
  const DraftPrediction best = BestDraftLength(costs);
  prediction.acceptance = costs.acceptance;
  prediction.hit_rate = costs.hit_rate;
  prediction.draft_cost = costs.draft_cost;
  prediction.guesses = best.guesses;
  prediction.speedup = best.speedup;
  known_.predicted.insert(id);
  return prediction;
}

}  // namespace moebench
