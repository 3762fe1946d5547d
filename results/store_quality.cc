// What stands beside the graders: signs of sickness, how far a cell's distributions are from the
// baseline's, and what a judge said.
#include "results/store_quality.h"

#include "harness/base/clock.h"
#include "results/store.h"
#include "results/store_impl.h"
#include "results/store_insert.h"

namespace moebench {
namespace {

constexpr char kDivergenceSql[] =
    "SELECT cell_id, session_id, text_hash, base_k, window_tokens, windows, per_window,"
    " k_executed_min, k_executed_max, base_log_p, log_p, kl, same_top FROM divergence"
    " WHERE sweep_id = ? ORDER BY id";
constexpr char kJudgmentSql[] =
    "SELECT cell_id, item_id, kind, swapped, outcome, score, judge, model, prompt_hash,"
    " content_hash, reply, requests, input_tokens, output_tokens FROM judgment WHERE sweep_id = ?"
    " ORDER BY id";
constexpr char kJudgeRunSql[] =
    "SELECT at, judge, prompt_hash, requests, usd, judged, invalid, stopped, trusted, trust_text"
    " FROM judge_run WHERE sweep_id = ? ORDER BY id";

// Members are filled in the order of the columns: braces evaluate from left to right.
SignsRecord ReadSignsRow(Row& row) {
  return {.cut_off = row.Int() != 0,
          .empty = row.Int() != 0,
          .loop = row.Int() != 0,
          .unfinished = row.Int() != 0,
          .open_fence = row.Int() != 0,
          .open_json = row.Int() != 0,
          .prompt_echo = row.Int() != 0,
          .wrong_script = row.Int() != 0,
          .compression_ratio = row.Real()};
}

DivergenceRecord ReadDivergence(Row& row) {
  return {.cell_id = row.Text(),
          .session_id = row.Int64(),
          .text_hash = row.Text(),
          .base_k = row.Int(),
          .window_tokens = row.Int(),
          .windows = row.Int(),
          .per_window = row.Int(),
          .k_executed_min = row.Int(),
          .k_executed_max = row.Int(),
          .base_log_p = row.Floats(),
          .log_p = row.Floats(),
          .kl = row.Floats(),
          .same_top = row.Text()};
}

JudgmentRecord ReadJudgment(Row& row) {
  return {.cell_id = row.Text(),
          .item_id = row.Text(),
          .kind = row.Text(),
          .swapped = row.Int() != 0,
          .outcome = row.Text(),
          .score = row.Int(),
          .judge = row.Text(),
          .model = row.Text(),
          .prompt_hash = row.Text(),
          .content_hash = row.Text(),
          .reply = row.Text(),
          .requests = row.Int(),
          .input_tokens = row.Int64(),
          .output_tokens = row.Int64()};
}

JudgeRunRecord ReadJudgeRun(Row& row) {
  return {.at = row.Text(),
          .judge = row.Text(),
          .prompt_hash = row.Text(),
          .requests = row.Int(),
          .usd = row.Real(),
          .judged = row.Int(),
          .invalid = row.Int(),
          .stopped = row.Text(),
          .trusted = row.Int() != 0,
          .trust_text = row.Text()};
}

}  // namespace

void InsertSigns(SQLite::Database& db, int64_t first_answer_id,
                 std::span<const AnswerRecord> answers) {
  Insert insert(db, "answer_sign");
  for (size_t i = 0; i < answers.size(); ++i) {
    if (!answers[i].signs) continue;
    const SignsRecord& s = *answers[i].signs;
    insert.Int(first_answer_id + static_cast<int64_t>(i));
    for (const bool sign : {s.cut_off, s.empty, s.loop, s.unfinished, s.open_fence, s.open_json,
                            s.prompt_echo, s.wrong_script}) {
      insert.Int(sign ? 1 : 0);
    }
    insert.Real(s.compression_ratio).Run();
  }
}

void ReadSigns(SQLite::Database& db, SweepRows& rows) {
  FillByNumber(db, "answer",
               "SELECT answer_id, cut_off, empty, loop, unfinished, open_fence, open_json,"
               " prompt_echo, wrong_script, compression_ratio FROM answer_sign JOIN answer a ON"
               " a.id = answer_id WHERE sweep_id = ?",
               rows.sweep.id, rows.answers,
               [](Row& row, AnswerRecord& answer) { answer.signs = ReadSignsRow(row); });
}

std::vector<DivergenceRecord> ReadDivergences(SQLite::Database& db, int64_t sweep_id) {
  return Rows<DivergenceRecord>(db, kDivergenceSql, sweep_id, ReadDivergence);
}
std::vector<JudgmentRecord> ReadJudgments(SQLite::Database& db, int64_t sweep_id) {
  return Rows<JudgmentRecord>(db, kJudgmentSql, sweep_id, ReadJudgment);
}
std::vector<JudgeRunRecord> ReadJudgeRuns(SQLite::Database& db, int64_t sweep_id) {
  return Rows<JudgeRunRecord>(db, kJudgeRunSql, sweep_id, ReadJudgeRun);
}

void Store::AddDivergence(int64_t sweep_id, const DivergenceRecord& d) {
  InStoreWords(impl_->path, [&] {
    SQLite::Transaction transaction(*impl_->db, SQLite::TransactionBehavior::IMMEDIATE);
    Insert insert(*impl_->db, "divergence");
    insert.Int(NextId(*impl_->db, "divergence")).Int(sweep_id).Text(d.cell_id).Int(d.session_id);
    insert.Text(d.text_hash).Int(d.base_k).Int(d.window_tokens).Int(d.windows).Int(d.per_window);
    insert.Int(d.k_executed_min).Int(d.k_executed_max);
    insert.Floats(d.base_log_p).Floats(d.log_p).Floats(d.kl).Text(d.same_top).Run();
    transaction.commit();
  });
}

void Store::AddJudgment(int64_t sweep_id, const JudgmentRecord& j) {
  InStoreWords(impl_->path, [&] {
    SQLite::Transaction transaction(*impl_->db, SQLite::TransactionBehavior::IMMEDIATE);
    Insert insert(*impl_->db, "judgment");
    insert.Int(NextId(*impl_->db, "judgment")).Int(sweep_id).Text(j.cell_id).Text(j.item_id);
    insert.Text(j.kind).Int(j.swapped ? 1 : 0).Text(j.outcome).Int(j.score);
    insert.Text(j.judge).Text(j.model).Text(j.prompt_hash).Text(j.content_hash).Text(j.reply);
    insert.Int(j.requests).Int(j.input_tokens).Int(j.output_tokens).Text(UtcNow()).Run();
    transaction.commit();
  });
}

void Store::AddJudgeRun(int64_t sweep_id, const JudgeRunRecord& r) {
  InStoreWords(impl_->path, [&] {
    SQLite::Transaction transaction(*impl_->db, SQLite::TransactionBehavior::IMMEDIATE);
    Insert insert(*impl_->db, "judge_run");
    insert.Int(NextId(*impl_->db, "judge_run")).Int(sweep_id).Text(UtcNow()).Text(r.judge);
    insert.Text(r.prompt_hash).Int(r.requests).Real(r.usd).Int(r.judged).Int(r.invalid);
    insert.Text(r.stopped).Int(r.trusted ? 1 : 0).Text(r.trust_text).Run();
    transaction.commit();
  });
}

}  // namespace moebench
