// The rows that speculation adds to cells, trials and answers, and those it has of its own. Writers
// run inside the caller's transaction. Only results/store*.cc includes this.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <span>

#include "results/store.h"

namespace moebench {

void InsertGuessing(SQLite::Database& db, int64_t sweep_id, std::span<const CellRecord> cells);
void InsertSpeedPrompts(SQLite::Database& db, int64_t sweep_id,
                        std::span<const SpeedPromptRecord> prompts);
void InsertOfTrial(SQLite::Database& db, int64_t trial_id, const TrialRecord& trial);
void InsertParity(SQLite::Database& db, int64_t first_answer_id,
                  std::span<const AnswerRecord> answers);

// Adds them to rows whose cells, trials and answers were read.
void ReadSpeculation(SQLite::Database& db, SweepRows& rows);

}  // namespace moebench
