// The rows of signs, divergence and judges, for the reader of a whole sweep and the writer of
// answers. Only results/store*.cc includes this.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <span>
#include <vector>

#include "results/store_row.h"

namespace moebench {

// Of answers whose ids follow one another; within the transaction that inserts them.
void InsertSigns(SQLite::Database& db, int64_t first_answer_id,
                 std::span<const AnswerRecord> answers);
void ReadSigns(SQLite::Database& db, SweepRows& rows);

std::vector<DivergenceRecord> ReadDivergences(SQLite::Database& db, int64_t sweep_id);
std::vector<JudgmentRecord> ReadJudgments(SQLite::Database& db, int64_t sweep_id);
std::vector<JudgeRunRecord> ReadJudgeRuns(SQLite::Database& db, int64_t sweep_id);

}  // namespace moebench
