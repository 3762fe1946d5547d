// Schema 1. STRICT, joined by foreign keys, append-only: what ends later than it began (a sweep, a
// session, a cell) gets a second row in a table of its own, so that no row is ever changed.
#include <string>

#include "results/migrations/schema_steps.h"

namespace moebench {
namespace {

constexpr int kApplicationId = 0x4D6F6542;  // "MoeB", SQLite's way of telling whose file it is

constexpr char kTables[] = R"(
CREATE TABLE sweep(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  started TEXT NOT NULL, version TEXT NOT NULL,
  config_json TEXT NOT NULL, config_hash TEXT NOT NULL,
  machine_json TEXT NOT NULL, machine_hash TEXT NOT NULL,
  seed INTEGER NOT NULL) STRICT;

CREATE TABLE sweep_end(
  sweep_id INTEGER PRIMARY KEY REFERENCES sweep(id),
  finished TEXT NOT NULL) STRICT;

CREATE TABLE model(
  sweep_id INTEGER NOT NULL REFERENCES sweep(id),
  ordinal INTEGER NOT NULL,
  sha256 TEXT NOT NULL, path TEXT NOT NULL, facts_json TEXT NOT NULL,
  PRIMARY KEY(sweep_id, ordinal)) STRICT;

CREATE TABLE cell(
  sweep_id INTEGER NOT NULL REFERENCES sweep(id),
  cell_id TEXT NOT NULL,
  ordinal INTEGER NOT NULL,
  model_path TEXT NOT NULL, model_sha256 TEXT NOT NULL, runner TEXT NOT NULL,
  k INTEGER NOT NULL, decoding TEXT NOT NULL, placement TEXT NOT NULL, threads INTEGER NOT NULL,
  baseline INTEGER NOT NULL, control INTEGER NOT NULL,
  status TEXT NOT NULL, reason TEXT NOT NULL,
  bytes_per_token_predicted REAL NOT NULL, max_speedup REAL NOT NULL,
  PRIMARY KEY(sweep_id, cell_id)) STRICT;

-- How cells ended; the last row of a cell counts. A cell without one has the status it was planned with.
CREATE TABLE cell_event(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  sweep_id INTEGER NOT NULL, cell_id TEXT NOT NULL,
  status TEXT NOT NULL, reason TEXT NOT NULL, at TEXT NOT NULL,
  FOREIGN KEY(sweep_id, cell_id) REFERENCES cell(sweep_id, cell_id)) STRICT;
CREATE INDEX cell_event_of_cell ON cell_event(sweep_id, cell_id);

CREATE TABLE session(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  sweep_id INTEGER NOT NULL REFERENCES sweep(id),
  model_sha256 TEXT NOT NULL, group_index INTEGER NOT NULL, started TEXT NOT NULL,
  placement TEXT NOT NULL, isa TEXT NOT NULL, engine_version TEXT NOT NULL,
  threads INTEGER NOT NULL, load_s REAL NOT NULL,
  asked_json TEXT NOT NULL, proof_json TEXT NOT NULL,
  read_bandwidth_gbps REAL NOT NULL, cache_bandwidth_gbps REAL NOT NULL,
  cache_bytes INTEGER NOT NULL,
  UNIQUE(id, sweep_id)) STRICT;
CREATE INDEX session_of_sweep ON session(sweep_id);

CREATE TABLE session_end(
  session_id INTEGER PRIMARY KEY REFERENCES session(id),
  proof_after_json TEXT NOT NULL) STRICT;

CREATE TABLE trial(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  sweep_id INTEGER NOT NULL, cell_id TEXT NOT NULL, session_id INTEGER NOT NULL,
  round INTEGER NOT NULL, position INTEGER NOT NULL, prompts INTEGER NOT NULL,
  prompt_tokens INTEGER NOT NULL, generated_tokens INTEGER NOT NULL,
  prefill_ms REAL NOT NULL, decode_ms REAL NOT NULL, ttft_ms REAL NOT NULL,
  inter_token_ms BLOB NOT NULL,  -- f32, little-endian
  k_executed_min INTEGER NOT NULL, k_executed_max INTEGER NOT NULL,
  experts_touched INTEGER NOT NULL, bytes_per_token REAL NOT NULL,
  logits_hash INTEGER NOT NULL,  -- the 64 bits as a signed number
  drafted INTEGER, accepted INTEGER,
  machine_delta_json TEXT NOT NULL, unstable TEXT NOT NULL,
  UNIQUE(session_id, position),
  FOREIGN KEY(sweep_id, cell_id) REFERENCES cell(sweep_id, cell_id),
  FOREIGN KEY(session_id, sweep_id) REFERENCES session(id, sweep_id)) STRICT;
CREATE INDEX trial_of_cell ON trial(sweep_id, cell_id);

CREATE TABLE answer(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  sweep_id INTEGER NOT NULL, cell_id TEXT NOT NULL, session_id INTEGER NOT NULL,
  item_id TEXT NOT NULL, item_hash TEXT NOT NULL, category TEXT NOT NULL,
  prompt TEXT NOT NULL, answer TEXT NOT NULL, finish TEXT NOT NULL,
  prompt_tokens INTEGER NOT NULL, generated_tokens INTEGER NOT NULL,
  score REAL NOT NULL, outcome TEXT NOT NULL, detail TEXT NOT NULL,
  UNIQUE(session_id, cell_id, item_id),
  FOREIGN KEY(sweep_id, cell_id) REFERENCES cell(sweep_id, cell_id),
  FOREIGN KEY(session_id, sweep_id) REFERENCES session(id, sweep_id)) STRICT;
CREATE INDEX answer_of_cell ON answer(sweep_id, cell_id);
)";

}  // namespace

void MakeSchema1(SQLite::Database& db) {
  db.exec(kTables);
  for (const char* table : {"sweep", "sweep_end", "model", "cell", "cell_event", "session",
                            "session_end", "trial", "answer"}) {
    RefuseChanges(db, table);
  }
  db.exec("PRAGMA application_id = " + std::to_string(kApplicationId));
}

}  // namespace moebench
