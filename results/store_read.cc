#include <bit>

#include "harness/base/error.h"
#include "results/store.h"
#include "results/store_impl.h"

namespace moebench {
namespace {

// Reads the columns of the current row from left to right.
class Row {
 public:
  explicit Row(SQLite::Statement& statement) : statement_(statement) {}

  std::string Text() { return statement_.getColumn(index_++).getString(); }
  int64_t Int64() { return statement_.getColumn(index_++).getInt64(); }
  int Int() { return static_cast<int>(Int64()); }
  uint64_t Bits() { return std::bit_cast<uint64_t>(Int64()); }
  double Real() { return statement_.getColumn(index_++).getDouble(); }
  std::optional<int64_t> OptionalInt() {
    const SQLite::Column column = statement_.getColumn(index_++);
    if (column.isNull()) return std::nullopt;
    return column.getInt64();
  }
  std::vector<float> Floats() {
    const std::string bytes = Text();
    std::vector<float> values(bytes.size() / 4);
    for (size_t i = 0; i < values.size(); ++i) {
      uint32_t bits = 0;
      for (size_t b = 4; b-- > 0;) bits = bits << 8 | static_cast<unsigned char>(bytes[4 * i + b]);
      values[i] = std::bit_cast<float>(bits);
    }
    return values;
  }

 private:
  SQLite::Statement& statement_;
  int index_ = 0;
};

Status StatusOfWord(const std::string& word) {
  for (const Status status : {Status::kPlanned, Status::kOk, Status::kSkipped, Status::kInvalid}) {
    if (word == StatusWord(status)) return status;
  }
  return Status::kFailed;
}

// Rows of a query whose only parameter is the sweep.
template <typename Record, typename Read>
std::vector<Record> Rows(SQLite::Database& db, const char* sql, int64_t sweep_id, Read read) {
  SQLite::Statement statement(db, sql);
  statement.bind(1, sweep_id);
  std::vector<Record> records;
  while (statement.executeStep()) {
    Row row(statement);
    records.push_back(read(row));
  }
  return records;
}

// Members are filled in the order of the columns: braces evaluate from left to right.
SweepRecord ReadSweepRow(Row& row) {
  return {.id = row.Int64(),
          .started = row.Text(),
          .finished = row.Text(),
          .version = row.Text(),
          .config_json = row.Text(),
          .config_hash = row.Text(),
          .machine_json = row.Text(),
          .machine_hash = row.Text(),
          .seed = row.Bits()};
}

ModelRecord ReadModel(Row& row) {
  return {.sha256 = row.Text(), .path = row.Text(), .facts_json = row.Text()};
}

CellRecord ReadCell(Row& row) {
  CellRecord record;
  record.cell_id = row.Text();
  record.cell = {.model_path = row.Text(),
                 .model_sha256 = row.Text(),
                 .runner = row.Text(),
                 .k = row.Int(),
                 .decoding = row.Text(),
                 .placement = row.Text(),
                 .threads = row.Int(),
                 .baseline = row.Int() != 0,
                 .control = row.Int()};
  record.bytes_per_token_predicted = row.Real();
  record.max_speedup = row.Real();
  record.status = StatusOfWord(row.Text());
  record.reason = row.Text();
  return record;
}

SessionRecord ReadSession(Row& row) {
  return {.id = row.Int64(),
          .model_sha256 = row.Text(),
          .index = row.Int(),
          .started = row.Text(),
          .placement = row.Text(),
          .isa = row.Text(),
          .engine_version = row.Text(),
          .threads = row.Int(),
          .load_s = row.Real(),
          .asked_json = row.Text(),
          .proof_json = row.Text(),
          .proof_after_json = row.Text(),
          .read_bandwidth_gbps = row.Real(),
          .cache_bandwidth_gbps = row.Real(),
          .cache_bytes = row.Int64()};
}

TrialRecord ReadTrial(Row& row) {
  return {.cell_id = row.Text(),
          .session_id = row.Int64(),
          .round = row.Int(),
          .order = row.Int(),
          .prompts = row.Int(),
          .prompt_tokens = row.Int64(),
          .generated_tokens = row.Int64(),
          .prefill_ms = row.Real(),
          .decode_ms = row.Real(),
          .ttft_ms = row.Real(),
          .inter_token_ms = row.Floats(),
          .k_executed_min = row.Int(),
          .k_executed_max = row.Int(),
          .experts_touched = row.Int64(),
          .bytes_per_token = row.Real(),
          .logits_hash = row.Bits(),
          .drafted = row.OptionalInt(),
          .accepted = row.OptionalInt(),
          .machine_delta_json = row.Text(),
          .unstable = row.Text()};
}

AnswerRecord ReadAnswer(Row& row) {
  return {.cell_id = row.Text(),
          .session_id = row.Int64(),
          .item_id = row.Text(),
          .item_hash = row.Text(),
          .category = row.Text(),
          .prompt = row.Text(),
          .answer = row.Text(),
          .finish = row.Text(),
          .prompt_tokens = row.Int(),
          .generated_tokens = row.Int(),
          .score = row.Real(),
          .outcome = row.Text(),
          .detail = row.Text()};
}

constexpr char kSweepSql[] =
    "SELECT id, started, coalesce(finished, ''), version, config_json, config_hash, machine_json,"
    " machine_hash, seed FROM sweep LEFT JOIN sweep_end ON sweep_id = id WHERE id = ?";
constexpr char kModelSql[] =
    "SELECT sha256, path, facts_json FROM model WHERE sweep_id = ? ORDER BY ordinal";
constexpr char kCellSql[] =
    "SELECT c.cell_id, model_path, model_sha256, runner, k, decoding, placement, threads, baseline,"
    " control, bytes_per_token_predicted, max_speedup, coalesce(e.status, c.status),"
    " coalesce(e.reason, c.reason) FROM cell c LEFT JOIN cell_event e ON e.id ="
    " (SELECT max(id) FROM cell_event x WHERE x.sweep_id = c.sweep_id AND x.cell_id = c.cell_id)"
    " WHERE c.sweep_id = ? ORDER BY c.ordinal";
constexpr char kSessionSql[] =
    "SELECT id, model_sha256, group_index, started, placement, isa, engine_version, threads,"
    " load_s, asked_json, proof_json, coalesce(proof_after_json, ''), read_bandwidth_gbps,"
    " cache_bandwidth_gbps, cache_bytes FROM session LEFT JOIN session_end ON session_id = id"
    " WHERE sweep_id = ? ORDER BY id";
constexpr char kTrialSql[] =
    "SELECT cell_id, session_id, round, position, prompts, prompt_tokens, generated_tokens,"
    " prefill_ms, decode_ms, ttft_ms, inter_token_ms, k_executed_min, k_executed_max,"
    " experts_touched, bytes_per_token, logits_hash, drafted, accepted, machine_delta_json,"
    " unstable FROM trial WHERE sweep_id = ? ORDER BY id";
constexpr char kAnswerSql[] =
    "SELECT cell_id, session_id, item_id, item_hash, category, prompt, answer, finish,"
    " prompt_tokens, generated_tokens, score, outcome, detail FROM answer WHERE sweep_id = ?"
    " ORDER BY id";
constexpr char kDoneTrialSql[] =
    "SELECT cell_id, group_index, round, position FROM trial JOIN session s ON s.id = session_id"
    " WHERE trial.sweep_id = ?";

}  // namespace

std::optional<int64_t> Store::LatestSweepId() const {
  return InStoreWords(impl_->path, [&]() -> std::optional<int64_t> {
    SQLite::Statement statement(*impl_->db, "SELECT id FROM sweep ORDER BY id DESC LIMIT 1");
    if (!statement.executeStep()) return std::nullopt;
    return statement.getColumn(0).getInt64();
  });
}

SweepRows Store::ReadSweep(int64_t sweep_id) const {
  return InStoreWords(impl_->path, [&] {
    SQLite::Database& db = *impl_->db;
    SQLite::Transaction one_moment(db);  // deferred: all queries see the same state
    std::vector<SweepRecord> sweeps = Rows<SweepRecord>(db, kSweepSql, sweep_id, ReadSweepRow);
    if (sweeps.empty()) {
      throw Error{"has no sweep " + std::to_string(sweep_id), impl_->path.string(),
                  "name one that is there, or: --sweep latest", ExitCode::kUsage};
    }
    return SweepRows{.sweep = std::move(sweeps.front()),
                     .models = Rows<ModelRecord>(db, kModelSql, sweep_id, ReadModel),
                     .cells = Rows<CellRecord>(db, kCellSql, sweep_id, ReadCell),
                     .sessions = Rows<SessionRecord>(db, kSessionSql, sweep_id, ReadSession),
                     .trials = Rows<TrialRecord>(db, kTrialSql, sweep_id, ReadTrial),
                     .answers = Rows<AnswerRecord>(db, kAnswerSql, sweep_id, ReadAnswer)};
  });
}

std::set<DoneTrial> Store::DoneTrials(int64_t sweep_id) const {
  return InStoreWords(impl_->path, [&] {
    const auto done = Rows<DoneTrial>(*impl_->db, kDoneTrialSql, sweep_id, [](Row& row) {
      return DoneTrial{.cell_id = row.Text(),
                       .session_index = row.Int(),
                       .round = row.Int(),
                       .order = row.Int()};
    });
    return std::set<DoneTrial>(done.begin(), done.end());
  });
}

std::set<std::pair<std::string, std::string>> Store::DoneAnswers(int64_t sweep_id) const {
  return InStoreWords(impl_->path, [&] {
    using CellItem = std::pair<std::string, std::string>;
    const auto done =
        Rows<CellItem>(*impl_->db, "SELECT cell_id, item_id FROM answer WHERE sweep_id = ?",
                       sweep_id, [](Row& row) {
                         return CellItem{row.Text(), row.Text()};
                       });
    return std::set<CellItem>(done.begin(), done.end());
  });
}

}  // namespace moebench
