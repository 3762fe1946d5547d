// Tables of schema 8: instances, remote shares, waiting. Part of the store.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <span>

#include "results/store.h"

namespace moebench {

// Inside a transaction of the caller's.
void InsertCellInstances(SQLite::Database& db, int64_t sweep_id, std::span<const CellRecord> cells);
void InsertNumaOfSession(SQLite::Database& db, int64_t session_id, const SessionRecord& session);
void InsertInstances(SQLite::Database& db, int64_t trial_id, const TrialRecord& trial);

// Fills what these tables know into the rows of a sweep.
void ReadInstances(SQLite::Database& db, SweepRows& rows);

}  // namespace moebench
