#include "harness/sweep/store_sink.h"

#include "harness/base/clock.h"

namespace moebench {

int64_t StoreSink::AddSession(const SessionRecord& session) {
  if (circumstances_.empty()) return store_.AddSession(sweep_id_, session);
  SessionRecord marked = session;
  marked.engine_version += " (" + circumstances_ + ")";
  return store_.AddSession(sweep_id_, marked);
}
void StoreSink::AddProbe(const ProbeRecord& probe) { store_.AddProbe(probe); }
void StoreSink::FinishSession(int64_t session_id, const std::string& proof_after_json) {
  store_.FinishSession(session_id, proof_after_json);
}
void StoreSink::AddPassCosts(const std::vector<PassCostRecord>& costs) {
  store_.AddPassCosts(costs);
}
void StoreSink::AddPrediction(const PredictionRecord& prediction) {
  store_.AddPrediction(sweep_id_, prediction);
}
void StoreSink::AddTrial(const TrialRecord& trial) {
  if (circumstances_.empty()) {
    store_.AddTrial(sweep_id_, trial);
    return;
  }
  TrialRecord marked = trial;
  marked.unstable = circumstances_ + (trial.unstable.empty() ? "" : "; " + trial.unstable);
  store_.AddTrial(sweep_id_, marked);
}
void StoreSink::AddAnswers(const std::vector<AnswerRecord>& answers) {
  store_.AddAnswers(sweep_id_, answers);
}
void StoreSink::AddRouting(const RoutingRecord& routing) { store_.AddRouting(sweep_id_, routing); }
void StoreSink::AddDivergence(const DivergenceRecord& divergence) {
  store_.AddDivergence(sweep_id_, divergence);
}
void StoreSink::FinishCell(const std::string& cell_id, Status status, const std::string& reason) {
  store_.FinishCell(sweep_id_, cell_id, status, reason);
}
void StoreSink::FinishSweep() { store_.FinishSweep(sweep_id_, UtcNow()); }

namespace {

KnownSpeculation SpeculationOf(const SweepRows& rows) {
  KnownSpeculation known;
  std::map<int64_t, const SessionRecord*> sessions;
  for (const SessionRecord& session : rows.sessions) sessions[session.id] = &session;
  for (const PassCostRecord& cost : rows.pass_costs) {
    const SessionRecord& s = *sessions.at(cost.session_id);
    std::vector<double>& ms = known.pass_ms[{s.model_sha256, s.placement, s.threads, cost.k}];
    if (cost.tokens == static_cast<int>(ms.size()) + 1) ms.push_back(cost.ms);
  }
  for (const TrialRecord& trial : rows.trials) {
    if (trial.speculation) AddGuesses(*trial.speculation, known.guesses[trial.cell_id]);
  }
  for (const PredictionRecord& p : rows.predictions) known.predicted.insert(p.cell_id);
  return known;
}

}  // namespace

DoneWork ReadDoneWork(const Store& store, int64_t sweep_id) {
  DoneWork done;
  for (const DoneTrial& trial : store.DoneTrials(sweep_id)) {
    done.trials.insert({trial.cell_id, trial.session_index, trial.round});
  }
  done.answers = store.DoneAnswers(sweep_id);
  const SweepRows rows = store.ReadSweep(sweep_id);
  for (const DivergenceRecord& d : rows.divergences) done.divergences.insert(d.cell_id);
  for (const RoutingRecord& r : rows.routings) done.routings.insert(r.model_sha256);
  for (const CellRecord& cell : rows.cells) {
    if (cell.status != Status::kPlanned) done.cells.insert(cell.cell_id);
  }
  done.speculation = SpeculationOf(rows);
  return done;
}

}  // namespace moebench
