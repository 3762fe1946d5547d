// Schema 4. What people bring from elsewhere lies in a table of its own: no query over sweeps, and
// so no verdict, ever sees it.
#include "results/migrations/schema_steps.h"

namespace moebench {

void MakeSchema4(SQLite::Database& db) {
  db.exec(R"(
CREATE TABLE imported(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at TEXT NOT NULL,      -- when it was brought in, UTC
  source TEXT NOT NULL, source_sha256 TEXT NOT NULL,  -- the file
  position INTEGER NOT NULL,                          -- of the row in it, from 0
  instrument TEXT NOT NULL,                           -- 'llama-bench'
  test_time TEXT NOT NULL, build_commit TEXT NOT NULL, cpu_info TEXT NOT NULL,
  model_filename TEXT NOT NULL, model_type TEXT NOT NULL,
  n_threads INTEGER NOT NULL, n_prompt INTEGER NOT NULL, n_gen INTEGER NOT NULL,
  n_depth INTEGER NOT NULL,
  avg_ts REAL NOT NULL, stddev_ts REAL NOT NULL,      -- tokens/s
  row_json TEXT NOT NULL,                             -- every field as it was
  checksum INTEGER NOT NULL,
  UNIQUE(source_sha256, position)) STRICT;
)");
  RefuseChanges(db, "imported");
}

}  // namespace moebench
