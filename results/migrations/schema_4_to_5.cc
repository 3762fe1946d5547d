// Schema 5. The type of the KV cache is part of a cell's setting; a session may have its read
// bandwidth measured again before a number is called suspect, and every such probe is kept.
#include "results/migrations/schema_steps.h"
#include "results/store_checksum.h"

namespace moebench {

void MakeSchema5(SQLite::Database& db) {
  AllowChanges(db, "cell");
  // Older sweeps did not write down what they ran with.
  db.exec("ALTER TABLE cell ADD COLUMN kv TEXT NOT NULL DEFAULT ''");
  SealRows(db, "cell");
  RefuseChanges(db, "cell");
  db.exec(R"(
CREATE TABLE bandwidth_probe(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  session_id INTEGER NOT NULL REFERENCES session(id),
  at TEXT NOT NULL,
  read_bandwidth_gbps REAL NOT NULL, cache_bandwidth_gbps REAL NOT NULL,
  checksum INTEGER NOT NULL) STRICT;
CREATE INDEX probe_of_session ON bandwidth_probe(session_id);
)");
  RefuseChanges(db, "bandwidth_probe");
}

}  // namespace moebench
