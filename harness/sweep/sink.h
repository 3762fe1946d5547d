// Where a sweep puts what it found, unit by unit; each call is durable when it returns.
// The store is one (store_sink.h), a test's recorder another. Throws Error (kIo) if a row can't be
// kept: the sweep then stops, it does not go on without its rows.
#pragma once

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "harness/sweep/speculation_book.h"
#include "results/records.h"

namespace moebench {

class Sink {
 public:
  virtual ~Sink() = default;
  virtual int64_t AddSession(const SessionRecord& session) = 0;  // returns its id
  virtual void AddProbe(const ProbeRecord& probe) = 0;
  virtual void FinishSession(int64_t session_id, const std::string& proof_after_json) = 0;
  virtual void AddPassCosts(const std::vector<PassCostRecord>& costs) = 0;
  virtual void AddPrediction(const PredictionRecord& prediction) = 0;
  virtual void AddTrial(const TrialRecord& trial) = 0;
  virtual void AddAnswers(const std::vector<AnswerRecord>& answers) = 0;
  virtual void AddRouting(const RoutingRecord& routing) = 0;
  virtual void AddDivergence(const DivergenceRecord& divergence) = 0;
  virtual void FinishCell(const std::string& cell_id, Status status, const std::string& reason) = 0;
  virtual void FinishSweep() = 0;
};

// What is in the store already: nothing for a new sweep, the finished units for --resume.
struct DoneWork {
  std::set<std::tuple<std::string, int, int>> trials;     // cell id, session index, round
  std::set<std::pair<std::string, std::string>> answers;  // cell id, item id
  std::set<std::string> divergences;                      // cell id
  std::set<std::string> routings;                         // SHA-256 of the model
  std::set<std::string> cells;                            // ended, whatever the status
  KnownSpeculation speculation;
};

}  // namespace moebench
