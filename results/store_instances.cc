#include "results/store_instances.h"

#include <algorithm>
#include <map>

#include "results/store_impl.h"
#include "results/store_insert.h"
#include "results/store_row.h"

namespace moebench {
namespace {

constexpr int kMostInstances = 4096;  // hostile rows may say more

void ReadSessions(SQLite::Database& db, SweepRows& rows) {
  std::map<int64_t, SessionRecord*> sessions;
  for (SessionRecord& session : rows.sessions) sessions[session.id] = &session;
  SQLite::Statement statement(
      db,
      "SELECT session_id, instances, remote_share FROM session_numa JOIN session s ON"
      " s.id = session_id WHERE sweep_id = ?");
  statement.bind(1, rows.sweep.id);
  while (statement.executeStep()) {
    Row row(statement);
    const auto found = sessions.find(row.Int64());
    if (found == sessions.end()) continue;
    found->second->instances = std::clamp(row.Int(), 1, kMostInstances);
    found->second->remote_share = row.OptionalReal();
  }
}

std::optional<WaitRecord> ReadWait(Row& row) {
  const std::optional<double> mean = row.OptionalReal(), most = row.OptionalReal();
  if (!mean || !most) return std::nullopt;
  return WaitRecord{*mean, *most};
}

void InsertWait(const std::optional<WaitRecord>& wait, Insert& insert) {
  insert.OptionalReal(wait ? std::optional(wait->mean) : std::nullopt);
  insert.OptionalReal(wait ? std::optional(wait->most) : std::nullopt);
}

}  // namespace

void InsertCellInstances(SQLite::Database& db, int64_t sweep_id,
                         std::span<const CellRecord> cells) {
  Insert insert(db, "cell_instances");
  for (const CellRecord& record : cells) {
    if (record.cell.instances == 1) continue;
    insert.Int(sweep_id).Text(record.cell_id).Int(record.cell.instances).Run();
  }
}

void InsertNumaOfSession(SQLite::Database& db, int64_t session_id, const SessionRecord& session) {
  Insert insert(db, "session_numa");
  insert.Int(session_id).Int(session.instances).OptionalReal(session.remote_share).Run();
}

void InsertInstances(SQLite::Database& db, int64_t trial_id, const TrialRecord& trial) {
  Insert into_instance(db, "trial_instance");
  int64_t number = 0;
  for (const InstanceRecord& i : trial.instances) {
    into_instance.Int(trial_id).Int(number++).Int(i.prompt_tokens).Int(i.timed_tokens);
    into_instance.Real(i.prefill_ms).Real(i.decode_ms).Bits(i.logits_hash).Run();
  }
  Insert into_wait(db, "trial_wait");
  into_wait.Int(trial_id).Real(trial.overlap);
  InsertWait(trial.prefill_wait, into_wait);
  InsertWait(trial.decode_wait, into_wait);
  into_wait.Run();
}

void ReadInstances(SQLite::Database& db, SweepRows& rows) {
  const int64_t id = rows.sweep.id;
  ReadSessions(db, rows);
  FillByNumber(db, "trial",
               "SELECT trial_id, i.prompt_tokens, timed_tokens, i.prefill_ms, i.decode_ms,"
               " i.logits_hash FROM trial_instance i JOIN trial t ON t.id = trial_id WHERE"
               " sweep_id = ? ORDER BY trial_id, instance",
               id, rows.trials, [](Row& row, TrialRecord& trial) {
                 trial.instances.push_back({.prompt_tokens = row.Int64(),
                                            .timed_tokens = row.Int64(),
                                            .prefill_ms = row.Real(),
                                            .decode_ms = row.Real(),
                                            .logits_hash = row.Bits()});
               });
  FillByNumber(db, "trial",
               "SELECT trial_id, overlap, prefill_mean, prefill_most, decode_mean, decode_most FROM"
               " trial_wait JOIN trial t ON t.id = trial_id WHERE sweep_id = ?",
               id, rows.trials, [](Row& row, TrialRecord& trial) {
                 trial.overlap = row.Real();
                 trial.prefill_wait = ReadWait(row);
                 trial.decode_wait = ReadWait(row);
               });
}

}  // namespace moebench
