// Schema 3. What people said of sweeps (an accepted change, the pinned baseline), and which worker
// processes were a re-run of suspects.
#include "results/migrations/schema_steps.h"

namespace moebench {

void MakeSchema3(SQLite::Database& db) {
  db.exec(R"(
CREATE TABLE baseline_mark(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  sweep_id INTEGER NOT NULL REFERENCES sweep(id),
  kind TEXT NOT NULL CHECK(kind IN ('promoted', 'pinned')),
  note TEXT NOT NULL, at TEXT NOT NULL,
  checksum INTEGER NOT NULL DEFAULT 0) STRICT;

CREATE TABLE rerun_session(
  session_id INTEGER PRIMARY KEY REFERENCES session(id),
  checksum INTEGER NOT NULL DEFAULT 0) STRICT;
)");
  RefuseChanges(db, "baseline_mark");
  RefuseChanges(db, "rerun_session");
}

}  // namespace moebench
