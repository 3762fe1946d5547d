#include "results/store.h"

#include "harness/base/clock.h"
#include "harness/base/error.h"
#include "results/store_impl.h"
#include "results/store_insert.h"
#include "results/store_instances.h"
#include "results/store_quality.h"
#include "results/store_speculation.h"

namespace moebench {
namespace {

void InsertCell(Insert& insert, int64_t sweep_id, int64_t ordinal, const CellRecord& record) {
  const Cell& cell = record.cell;
  insert.Int(sweep_id).Text(record.cell_id).Int(ordinal);
  insert.Text(cell.model_path).Text(cell.model_sha256).Text(cell.runner);
  insert.Int(cell.k).Text(cell.decoding).Text(cell.placement).Int(cell.threads);
  insert.Int(cell.baseline ? 1 : 0).Int(cell.control);
  insert.Text(StatusWord(record.status)).Text(record.reason);
  insert.Real(record.bytes_per_token_predicted).Real(record.max_speedup).Text(cell.kv);
  insert.Run();
}

}  // namespace

const char* StatusWord(Status status) {
  switch (status) {
    case Status::kPlanned:
      return "planned";
    case Status::kOk:
      return "ok";
    case Status::kSkipped:
      return "skipped";
    case Status::kFailed:
      return "failed";
    case Status::kInvalid:
      return "invalid";
  }
  return "failed";
}

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;
Store::~Store() = default;

Store Store::OpenForWriting(const std::filesystem::path& path) {
  auto impl = std::make_unique<Impl>();
  impl->path = path;
  impl->lock = std::make_unique<WriterLock>(path);
  OpenedStore opened = OpenStoreForWriting(path);
  impl->db = std::move(opened.db);
  impl->opening_note = std::move(opened.note);
  return Store(std::move(impl));
}

const std::string& Store::opening_note() const { return impl_->opening_note; }

Store Store::OpenForReading(const std::filesystem::path& path) {
  auto impl = std::make_unique<Impl>();
  impl->path = path;
  impl->db = OpenStoreForReading(path);
  return Store(std::move(impl));
}

int64_t Store::CreateSweep(const SweepRecord& sweep, std::span<const ModelRecord> models,
                           std::span<const CellRecord> cells,
                           std::span<const SpeedPromptRecord> prompts) {
  return InStoreWords(impl_->path, [&] {
    SQLite::Database& db = *impl_->db;
    SQLite::Transaction transaction(db, SQLite::TransactionBehavior::IMMEDIATE);
    const int64_t id = NextId(db, "sweep");
    Insert into_sweep(db, "sweep");
    into_sweep.Int(id);
    into_sweep.Text(sweep.started).Text(sweep.version).Text(sweep.config_json);
    into_sweep.Text(sweep.config_hash).Text(sweep.machine_json).Text(sweep.machine_hash);
    into_sweep.Bits(sweep.seed).Run();
    Insert into_model(db, "model");
    int64_t ordinal = 0;
    for (const ModelRecord& model : models) {
      into_model.Int(id).Int(ordinal++).Text(model.sha256).Text(model.path);
      into_model.Text(model.facts_json).Run();
    }
    Insert into_cell(db, "cell");
    ordinal = 0;
    for (const CellRecord& cell : cells) InsertCell(into_cell, id, ordinal++, cell);
    InsertGuessing(db, id, cells);
    InsertCellInstances(db, id, cells);
    InsertSpeedPrompts(db, id, prompts);
    transaction.commit();
    return id;
  });
}

void Store::FinishSweep(int64_t sweep_id, const std::string& finished) {
  InStoreWords(impl_->path, [&] {
    SQLite::Transaction transaction(*impl_->db, SQLite::TransactionBehavior::IMMEDIATE);
    Insert(*impl_->db, "sweep_end").Int(sweep_id).Text(finished).Run();
    transaction.commit();
  });
}

int64_t Store::AddSession(int64_t sweep_id, const SessionRecord& session) {
  return InStoreWords(impl_->path, [&] {
    SQLite::Transaction transaction(*impl_->db, SQLite::TransactionBehavior::IMMEDIATE);
    const int64_t id = NextId(*impl_->db, "session");
    Insert insert(*impl_->db, "session");
    insert.Int(id)
        .Int(sweep_id)
        .Text(session.model_sha256)
        .Int(session.index)
        .Text(session.started);
    insert.Text(session.placement).Text(session.isa).Text(session.engine_version);
    insert.Int(session.threads).Real(session.load_s);
    insert.Text(session.asked_json).Text(session.proof_json);
    insert.Real(session.read_bandwidth_gbps).Real(session.cache_bandwidth_gbps);
    insert.Int(session.cache_bytes).Run();
    InsertNumaOfSession(*impl_->db, id, session);
    if (session.rerun) Insert(*impl_->db, "rerun_session").Int(id).Run();
    transaction.commit();
    return id;
  });
}

void Store::FinishSession(int64_t session_id, const std::string& proof_after_json) {
  InStoreWords(impl_->path, [&] {
    SQLite::Transaction transaction(*impl_->db, SQLite::TransactionBehavior::IMMEDIATE);
    Insert insert(*impl_->db, "session_end");
    insert.Int(session_id).Text(proof_after_json).Run();
    transaction.commit();
  });
}

void Store::AddProbe(const ProbeRecord& probe) {
  InStoreWords(impl_->path, [&] {
    SQLite::Transaction transaction(*impl_->db, SQLite::TransactionBehavior::IMMEDIATE);
    Insert insert(*impl_->db, "bandwidth_probe");
    insert.Int(NextId(*impl_->db, "bandwidth_probe")).Int(probe.session_id).Text(probe.at);
    insert.Real(probe.read_bandwidth_gbps).Real(probe.cache_bandwidth_gbps).Run();
    transaction.commit();
  });
}

void Store::AddTrial(int64_t sweep_id, const TrialRecord& trial) {
  InStoreWords(impl_->path, [&] {
    SQLite::Transaction transaction(*impl_->db, SQLite::TransactionBehavior::IMMEDIATE);
    Insert insert(*impl_->db, "trial");
    const int64_t id = NextId(*impl_->db, "trial");
    insert.Int(id).Int(sweep_id).Text(trial.cell_id).Int(trial.session_id);
    insert.Int(trial.round).Int(trial.order).Int(trial.prompts);
    insert.Int(trial.prompt_tokens).Int(trial.generated_tokens);
    insert.Real(trial.prefill_ms).Real(trial.decode_ms).Real(trial.ttft_ms);
    insert.Floats(trial.inter_token_ms);
    insert.Int(trial.k_executed_min).Int(trial.k_executed_max).Int(trial.experts_touched);
    insert.Real(trial.bytes_per_token).Bits(trial.logits_hash);
    insert.OptionalInt(trial.drafted).OptionalInt(trial.accepted);
    insert.Text(trial.machine_delta_json).Text(trial.unstable).Run();
    InsertOfTrial(*impl_->db, id, trial);
    InsertInstances(*impl_->db, id, trial);
    transaction.commit();
  });
}

void Store::AddAnswers(int64_t sweep_id, std::span<const AnswerRecord> answers) {
  InStoreWords(impl_->path, [&] {
    SQLite::Transaction transaction(*impl_->db, SQLite::TransactionBehavior::IMMEDIATE);
    Insert insert(*impl_->db, "answer");
    const int64_t first_id = NextId(*impl_->db, "answer");
    int64_t id = first_id;
    for (const AnswerRecord& a : answers) {
      insert.Int(id++).Int(sweep_id).Text(a.cell_id).Int(a.session_id);
      insert.Text(a.item_id).Text(a.item_hash).Text(a.category);
      insert.Text(a.prompt).Text(a.answer).Text(a.finish);
      insert.Int(a.prompt_tokens).Int(a.generated_tokens).Real(a.score);
      insert.Text(a.outcome).Text(a.detail).Run();
    }
    InsertParity(*impl_->db, first_id, answers);
    InsertSigns(*impl_->db, first_id, answers);
    transaction.commit();
  });
}

void Store::FinishCell(int64_t sweep_id, const std::string& cell_id, Status status,
                       const std::string& reason) {
  InStoreWords(impl_->path, [&] {
    SQLite::Transaction transaction(*impl_->db, SQLite::TransactionBehavior::IMMEDIATE);
    Insert insert(*impl_->db, "cell_event");
    insert.Int(NextId(*impl_->db, "cell_event"))
        .Int(sweep_id)
        .Text(cell_id)
        .Text(StatusWord(status))
        .Text(reason)
        .Text(UtcNow())
        .Run();
    transaction.commit();
  });
}

}  // namespace moebench
