#include "harness/sweep/store_sink.h"

#include "harness/base/clock.h"

namespace moebench {

int64_t StoreSink::AddSession(const SessionRecord& session) {
  return store_.AddSession(sweep_id_, session);
}
void StoreSink::AddProbe(const ProbeRecord& probe) { store_.AddProbe(probe); }
void StoreSink::FinishSession(int64_t session_id, const std::string& proof_after_json) {
  store_.FinishSession(session_id, proof_after_json);
}
void StoreSink::AddTrial(const TrialRecord& trial) { store_.AddTrial(sweep_id_, trial); }
void StoreSink::AddAnswers(const std::vector<AnswerRecord>& answers) {
  store_.AddAnswers(sweep_id_, answers);
}
void StoreSink::FinishCell(const std::string& cell_id, Status status, const std::string& reason) {
  store_.FinishCell(sweep_id_, cell_id, status, reason);
}
void StoreSink::FinishSweep() { store_.FinishSweep(sweep_id_, UtcNow()); }

DoneWork ReadDoneWork(const Store& store, int64_t sweep_id) {
  DoneWork done;
  for (const DoneTrial& trial : store.DoneTrials(sweep_id)) {
    done.trials.insert({trial.cell_id, trial.session_index, trial.round});
  }
  done.answers = store.DoneAnswers(sweep_id);
  for (const CellRecord& cell : store.ReadSweep(sweep_id).cells) {
    if (cell.status != Status::kPlanned) done.cells.insert(cell.cell_id);
  }
  return done;
}

}  // namespace moebench
