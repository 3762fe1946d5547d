#include "results/store.h"

#include <bit>
#include <cmath>

#include "harness/base/clock.h"
#include "harness/base/error.h"
#include "results/store_impl.h"

namespace moebench {
namespace {

// Fills the placeholders of one INSERT from left to right. Text goes with its length: it may hold
// NUL and bytes that are no UTF-8.
class Insert {
 public:
  Insert(SQLite::Database& db, const char* sql) : statement_(db, sql) {}

  Insert& Text(const std::string& value) {
    if (value.size() > kMaxBytes) throw Error{"a text is larger than 512 MiB", "store"};
    statement_.bind(++index_, value);
    return *this;
  }
  Insert& Int(int64_t value) {
    statement_.bind(++index_, value);
    return *this;
  }
  Insert& Bits(uint64_t value) { return Int(std::bit_cast<int64_t>(value)); }
  Insert& OptionalInt(const std::optional<int64_t>& value) {
    if (value) return Int(*value);
    statement_.bind(++index_);
    return *this;
  }
  Insert& Real(double value) {
    if (!std::isfinite(value)) throw Error{"a figure is not a finite number", "store"};
    statement_.bind(++index_, value);
    return *this;
  }
  Insert& Floats(const std::vector<float>& values) {
    if (values.size() > kMaxBytes / 4) throw Error{"too many latencies in one trial", "store"};
    std::string bytes;
    bytes.reserve(4 * values.size());
    for (const float value : values) {
      const auto bits = std::bit_cast<uint32_t>(value);
      for (const int shift : {0, 8, 16, 24}) bytes += static_cast<char>(bits >> shift & 0xff);
    }
    statement_.bind(++index_, static_cast<const void*>(bytes.data()),
                    static_cast<int>(bytes.size()));
    return *this;
  }
  void Run() {
    statement_.exec();
    statement_.reset();
    index_ = 0;
  }

 private:
  static constexpr size_t kMaxBytes = size_t{512} << 20;
  SQLite::Statement statement_;
  int index_ = 0;
};

void InsertCell(Insert& insert, int64_t sweep_id, int64_t ordinal, const CellRecord& record) {
  const Cell& cell = record.cell;
  insert.Int(sweep_id).Text(record.cell_id).Int(ordinal);
  insert.Text(cell.model_path).Text(cell.model_sha256).Text(cell.runner);
  insert.Int(cell.k).Text(cell.decoding).Text(cell.placement).Int(cell.threads);
  insert.Int(cell.baseline ? 1 : 0).Int(cell.control);
  insert.Text(StatusWord(record.status)).Text(record.reason);
  insert.Real(record.bytes_per_token_predicted).Real(record.max_speedup);
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
  impl->db = OpenStoreForWriting(path);
  return Store(std::move(impl));
}

Store Store::OpenForReading(const std::filesystem::path& path) {
  auto impl = std::make_unique<Impl>();
  impl->path = path;
  impl->db = OpenStoreForReading(path);
  return Store(std::move(impl));
}

int64_t Store::CreateSweep(const SweepRecord& sweep, std::span<const ModelRecord> models,
                           std::span<const CellRecord> cells) {
  return InStoreWords(impl_->path, [&] {
    SQLite::Database& db = *impl_->db;
    SQLite::Transaction transaction(db, SQLite::TransactionBehavior::IMMEDIATE);
    Insert into_sweep(db,
                      "INSERT INTO sweep(started, version, config_json, config_hash, machine_json,"
                      " machine_hash, seed) VALUES(?,?,?,?,?,?,?)");
    into_sweep.Text(sweep.started).Text(sweep.version).Text(sweep.config_json);
    into_sweep.Text(sweep.config_hash).Text(sweep.machine_json).Text(sweep.machine_hash);
    into_sweep.Bits(sweep.seed).Run();
    const int64_t id = db.getLastInsertRowid();
    Insert into_model(db, "INSERT INTO model VALUES(?,?,?,?,?)");
    int64_t ordinal = 0;
    for (const ModelRecord& model : models) {
      into_model.Int(id).Int(ordinal++).Text(model.sha256).Text(model.path);
      into_model.Text(model.facts_json).Run();
    }
    Insert into_cell(db, "INSERT INTO cell VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
    ordinal = 0;
    for (const CellRecord& cell : cells) InsertCell(into_cell, id, ordinal++, cell);
    transaction.commit();
    return id;
  });
}

void Store::FinishSweep(int64_t sweep_id, const std::string& finished) {
  InStoreWords(impl_->path, [&] {
    SQLite::Transaction transaction(*impl_->db, SQLite::TransactionBehavior::IMMEDIATE);
    Insert(*impl_->db, "INSERT INTO sweep_end VALUES(?,?)").Int(sweep_id).Text(finished).Run();
    transaction.commit();
  });
}

int64_t Store::AddSession(int64_t sweep_id, const SessionRecord& session) {
  return InStoreWords(impl_->path, [&] {
    SQLite::Transaction transaction(*impl_->db, SQLite::TransactionBehavior::IMMEDIATE);
    Insert insert(*impl_->db,
                  "INSERT INTO session(sweep_id, model_sha256, group_index, started, placement,"
                  " isa, engine_version, threads, load_s, asked_json, proof_json,"
                  " read_bandwidth_gbps, cache_bandwidth_gbps, cache_bytes)"
                  " VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
    insert.Int(sweep_id).Text(session.model_sha256).Int(session.index).Text(session.started);
    insert.Text(session.placement).Text(session.isa).Text(session.engine_version);
    insert.Int(session.threads).Real(session.load_s);
    insert.Text(session.asked_json).Text(session.proof_json);
    insert.Real(session.read_bandwidth_gbps).Real(session.cache_bandwidth_gbps);
    insert.Int(session.cache_bytes).Run();
    const int64_t id = impl_->db->getLastInsertRowid();
    transaction.commit();
    return id;
  });
}

void Store::FinishSession(int64_t session_id, const std::string& proof_after_json) {
  InStoreWords(impl_->path, [&] {
    SQLite::Transaction transaction(*impl_->db, SQLite::TransactionBehavior::IMMEDIATE);
    Insert insert(*impl_->db, "INSERT INTO session_end VALUES(?,?)");
    insert.Int(session_id).Text(proof_after_json).Run();
    transaction.commit();
  });
}

void Store::AddTrial(int64_t sweep_id, const TrialRecord& trial) {
  InStoreWords(impl_->path, [&] {
    SQLite::Transaction transaction(*impl_->db, SQLite::TransactionBehavior::IMMEDIATE);
    Insert insert(*impl_->db,
                  "INSERT INTO trial(sweep_id, cell_id, session_id, round, position, prompts,"
                  " prompt_tokens, generated_tokens, prefill_ms, decode_ms, ttft_ms,"
                  " inter_token_ms, k_executed_min, k_executed_max, experts_touched,"
                  " bytes_per_token, logits_hash, drafted, accepted, machine_delta_json, unstable)"
                  " VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
    insert.Int(sweep_id).Text(trial.cell_id).Int(trial.session_id);
    insert.Int(trial.round).Int(trial.order).Int(trial.prompts);
    insert.Int(trial.prompt_tokens).Int(trial.generated_tokens);
    insert.Real(trial.prefill_ms).Real(trial.decode_ms).Real(trial.ttft_ms);
    insert.Floats(trial.inter_token_ms);
    insert.Int(trial.k_executed_min).Int(trial.k_executed_max).Int(trial.experts_touched);
    insert.Real(trial.bytes_per_token).Bits(trial.logits_hash);
    insert.OptionalInt(trial.drafted).OptionalInt(trial.accepted);
    insert.Text(trial.machine_delta_json).Text(trial.unstable).Run();
    transaction.commit();
  });
}

void Store::AddAnswers(int64_t sweep_id, std::span<const AnswerRecord> answers) {
  InStoreWords(impl_->path, [&] {
    SQLite::Transaction transaction(*impl_->db, SQLite::TransactionBehavior::IMMEDIATE);
    Insert insert(
        *impl_->db,
        "INSERT INTO answer(sweep_id, cell_id, session_id, item_id, item_hash, category,"
        " prompt, answer, finish, prompt_tokens, generated_tokens, score, outcome, detail)"
        " VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
    for (const AnswerRecord& a : answers) {
      insert.Int(sweep_id).Text(a.cell_id).Int(a.session_id);
      insert.Text(a.item_id).Text(a.item_hash).Text(a.category);
      insert.Text(a.prompt).Text(a.answer).Text(a.finish);
      insert.Int(a.prompt_tokens).Int(a.generated_tokens).Real(a.score);
      insert.Text(a.outcome).Text(a.detail).Run();
    }
    transaction.commit();
  });
}

void Store::FinishCell(int64_t sweep_id, const std::string& cell_id, Status status,
                       const std::string& reason) {
  InStoreWords(impl_->path, [&] {
    SQLite::Transaction transaction(*impl_->db, SQLite::TransactionBehavior::IMMEDIATE);
    Insert insert(*impl_->db,
                  "INSERT INTO cell_event(sweep_id, cell_id, status, reason, at)"
                  " VALUES(?,?,?,?,?)");
    insert.Int(sweep_id).Text(cell_id).Text(StatusWord(status)).Text(reason).Text(UtcNow()).Run();
    transaction.commit();
  });
}

}  // namespace moebench
