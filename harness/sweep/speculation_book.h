// What a sweep has learned of guessing while it runs: plain texts, costs of passes, acceptance.
// From them each speculative cell's best draft length and speed-up are predicted before most of its
// trials run, to stand beside what was measured.
//   book.Learn(group, trial);
//   if (auto p = book.Predict(group, cell)) sink.AddPrediction(*p);
#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "harness/config/cell.h"
#include "harness/stats/speculation.h"
#include "harness/sweep/parity.h"
#include "results/records.h"

namespace moebench {

// Model hash, policy, threads, k: what passes cost there.
using PassKey = std::tuple<std::string, std::string, int, int>;
PassKey PassKeyOf(const Cell& cell);

struct EarlierGuesses {  // of an earlier sweep, by cell id
  std::string source;    // "sweep 12"
  std::map<std::string, GuessCounts> cells;
};

// What the store knows of this sweep already.
struct KnownSpeculation {
  std::map<PassKey, std::vector<double>> pass_ms;  // of 1, 2, ... tokens
  std::map<std::string, GuessCounts> guesses;      // by cell id
  std::set<std::string> predicted;                 // cell ids
};

void AddGuesses(const SpeculationRecord& trial, GuessCounts& counts);

class SpeculationBook {
 public:
  SpeculationBook(KnownSpeculation known, EarlierGuesses earlier)
      : known_(std::move(known)), earlier_(std::move(earlier)) {}

  // Texts differ between placements by rounding: each group has its own.
  PlainTexts& PlainOf(const Cell& cell);

  void LearnPasses(const Cell& cell, std::span<const PassCostRecord> costs);
  void LearnTrial(const TrialRecord& trial);

  // Nothing for plain cells, before anything is known, and a second time. session_id is left to the
  // caller.
  std::optional<PredictionRecord> Predict(const CellRecord& record);

 private:
  KnownSpeculation known_;
  EarlierGuesses earlier_;
  std::map<PassKey, PlainTexts> plain_;
};

}  // namespace moebench
