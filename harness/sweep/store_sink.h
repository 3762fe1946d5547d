// The store as the sink of one sweep.
#pragma once

#include "harness/sweep/sink.h"
#include "results/store.h"

namespace moebench {

class StoreSink : public Sink {
 public:
  // circumstances: others than those the sweep began under, in words. Sessions then carry them with
  // the engine's name, and no trial counts as undisturbed.
  StoreSink(Store& store, int64_t sweep_id, std::string circumstances = "")
      : store_(store), sweep_id_(sweep_id), circumstances_(std::move(circumstances)) {}
  int64_t AddSession(const SessionRecord& session) override;
  void AddProbe(const ProbeRecord& probe) override;
  void FinishSession(int64_t session_id, const std::string& proof_after_json) override;
  void AddPassCosts(const std::vector<PassCostRecord>& costs) override;
  void AddPrediction(const PredictionRecord& prediction) override;
  void AddTrial(const TrialRecord& trial) override;
  void AddAnswers(const std::vector<AnswerRecord>& answers) override;
  void AddRouting(const RoutingRecord& routing) override;
  void AddDivergence(const DivergenceRecord& divergence) override;
  void FinishCell(const std::string& cell_id, Status status, const std::string& reason) override;
  void FinishSweep() override;

 private:
  Store& store_;
  int64_t sweep_id_;
  std::string circumstances_;
};

// What is finished of a sweep, for --resume.
DoneWork ReadDoneWork(const Store& store, int64_t sweep_id);

}  // namespace moebench
