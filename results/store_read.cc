#include "harness/base/error.h"
#include "results/store.h"
#include "results/store_impl.h"
#include "results/store_instances.h"
#include "results/store_quality.h"
#include "results/store_routing.h"
#include "results/store_row.h"
#include "results/store_speculation.h"

namespace moebench {
namespace {

// Members are filled in the order of the columns: braces evaluate from left to right.
ModelRecord ReadModel(Row& row) {
  return {.sha256 = row.Text(), .path = row.Text(), .facts_json = row.Text()};
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
          .cache_bytes = row.Int64(),
          .probes_again = row.Int(),
          .rerun = row.Int() != 0};
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

constexpr char kModelSql[] =
    "SELECT sha256, path, facts_json FROM model WHERE sweep_id = ? ORDER BY ordinal";
constexpr char kSessionSql[] =
    "SELECT session.id, model_sha256, group_index, started, placement, isa, engine_version, "
    "threads,"
    " load_s, asked_json, proof_json, coalesce(proof_after_json, ''),"
    " max(session.read_bandwidth_gbps, coalesce(max(p.read_bandwidth_gbps), 0)),"
    " max(session.cache_bandwidth_gbps, coalesce(max(p.cache_bandwidth_gbps), 0)), cache_bytes,"
    " count(p.id), r.session_id IS NOT NULL FROM session"
    " LEFT JOIN session_end e ON e.session_id = session.id"
    " LEFT JOIN rerun_session r ON r.session_id = session.id"
    " LEFT JOIN bandwidth_probe p ON p.session_id = session.id"
    " WHERE sweep_id = ? GROUP BY session.id ORDER BY session.id";
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
    std::vector<SweepRecord> sweeps =
        Rows<SweepRecord>(db, std::string(kSweepColumns) + " WHERE id = ?", sweep_id, ReadSweepRow);
    if (sweeps.empty()) {
      throw Error{"has no sweep " + std::to_string(sweep_id), impl_->path.string(),
                  "name one that is there, or: --sweep latest", ExitCode::kUsage};
    }
    SweepRows rows{.sweep = std::move(sweeps.front()),
                   .models = Rows<ModelRecord>(db, kModelSql, sweep_id, ReadModel),
                   .cells = Rows<CellRecord>(db, kCellSql, sweep_id, ReadCell),
                   .sessions = Rows<SessionRecord>(db, kSessionSql, sweep_id, ReadSession),
                   .trials = Rows<TrialRecord>(db, kTrialSql, sweep_id, ReadTrial),
                   .answers = Rows<AnswerRecord>(db, kAnswerSql, sweep_id, ReadAnswer),
                   .divergences = ReadDivergences(db, sweep_id),
                   .routings = ReadRoutings(db, sweep_id),
                   .judgments = ReadJudgments(db, sweep_id),
                   .judge_runs = ReadJudgeRuns(db, sweep_id)};
    ReadSpeculation(db, rows);
    ReadSigns(db, rows);
    ReadInstances(db, rows);
    return rows;
  });
}

std::vector<AnswerRecord> Store::Answers(int64_t sweep_id) const {
  return InStoreWords(impl_->path, [&] {
    return Rows<AnswerRecord>(*impl_->db, kAnswerSql, sweep_id, ReadAnswer);
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
