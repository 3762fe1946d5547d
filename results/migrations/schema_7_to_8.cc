// Schema 8. Several instances of a model at once, what of the weights lies on other nodes than the
// threads that read them, and what threads wait for one another. Sweeps from before have none of
// these rows: one instance, nothing known of the rest.
#include "results/migrations/schema_steps.h"

namespace moebench {

void MakeSchema8(SQLite::Database& db) {
  db.exec(R"(
CREATE TABLE cell_instances(
  sweep_id INTEGER NOT NULL REFERENCES sweep(id), cell_id TEXT NOT NULL,
  instances INTEGER NOT NULL,                            -- more than one
  checksum INTEGER NOT NULL,
  PRIMARY KEY(sweep_id, cell_id)) STRICT;
CREATE TABLE session_numa(
  session_id INTEGER PRIMARY KEY REFERENCES session(id),
  instances INTEGER NOT NULL,
  remote_share REAL,                                     -- of the weights read; NULL: nobody says
  checksum INTEGER NOT NULL) STRICT;
CREATE TABLE trial_instance(
  trial_id INTEGER NOT NULL REFERENCES trial(id), instance INTEGER NOT NULL,
  prompt_tokens INTEGER NOT NULL, timed_tokens INTEGER NOT NULL,
  prefill_ms REAL NOT NULL, decode_ms REAL NOT NULL,
  logits_hash INTEGER NOT NULL,
  checksum INTEGER NOT NULL,
  PRIMARY KEY(trial_id, instance)) STRICT;
CREATE TABLE trial_wait(
  trial_id INTEGER PRIMARY KEY REFERENCES trial(id),
  overlap REAL NOT NULL,                                 -- of instances; 1 of one alone
  prefill_mean REAL, prefill_most REAL,                  -- of the threads' time, at barriers;
  decode_mean REAL, decode_most REAL,                    -- NULL: the engine didn't say
  checksum INTEGER NOT NULL) STRICT;
)");
  for (const char* table : {"cell_instances", "session_numa", "trial_instance", "trial_wait"}) {
    RefuseChanges(db, table);
  }
}

}  // namespace moebench
