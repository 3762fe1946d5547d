// Schema 6. Speculation: how a cell guesses, what its guesses did in a trial, its texts held
// against plain decoding's, what passes over several tokens cost, what was expected, and the speed
// prompts.
#include "results/migrations/schema_steps.h"

namespace moebench {

void MakeSchema6(SQLite::Database& db) {
  db.exec(R"(
CREATE TABLE cell_guessing(
  sweep_id INTEGER NOT NULL REFERENCES sweep(id), cell_id TEXT NOT NULL,
  draft_path TEXT NOT NULL, draft_sha256 TEXT NOT NULL,  -- '' without a draft model
  draft_tokens INTEGER NOT NULL,                         -- 0 = adaptive
  min_probability REAL NOT NULL,
  recurrent TEXT NOT NULL,                               -- rollback, checkpoint, off; '' = no need
  checksum INTEGER NOT NULL,
  PRIMARY KEY(sweep_id, cell_id)) STRICT;
CREATE TABLE trial_speculation(
  trial_id INTEGER PRIMARY KEY REFERENCES trial(id),
  steps INTEGER NOT NULL,
  drafted INTEGER NOT NULL, accepted INTEGER NOT NULL,
  looked_up INTEGER NOT NULL, lookup_accepted INTEGER NOT NULL,
  drafted_at TEXT NOT NULL, accepted_at TEXT NOT NULL,   -- by place in the guess: '90 71 33'
  draft_ms REAL NOT NULL, verify_ms REAL NOT NULL, rollback_ms REAL NOT NULL,
  lookup_ms REAL NOT NULL,
  experts_per_step REAL NOT NULL, tokens_per_pass REAL NOT NULL,
  checksum INTEGER NOT NULL) STRICT;
CREATE TABLE trial_prompt(
  trial_id INTEGER NOT NULL REFERENCES trial(id), position INTEGER NOT NULL,
  prompt_id TEXT NOT NULL, generated_tokens INTEGER NOT NULL, decode_ms REAL NOT NULL,
  drafted INTEGER, accepted INTEGER,
  plain_tokens INTEGER,                                  -- NULL: not held against plain decoding
  diverged_at INTEGER, gap REAL,                         -- NULL: equal; gap: not known
  checksum INTEGER NOT NULL,
  PRIMARY KEY(trial_id, position)) STRICT;
CREATE TABLE answer_parity(
  answer_id INTEGER PRIMARY KEY REFERENCES answer(id),
  plain_tokens INTEGER NOT NULL, diverged_at INTEGER, gap REAL,
  checksum INTEGER NOT NULL) STRICT;
CREATE TABLE pass_cost(
  session_id INTEGER NOT NULL REFERENCES session(id),
  k INTEGER NOT NULL, tokens INTEGER NOT NULL,
  ms REAL NOT NULL, lo_ms REAL NOT NULL, hi_ms REAL NOT NULL, n INTEGER NOT NULL,
  experts_per_layer REAL NOT NULL, bytes REAL NOT NULL,
  checksum INTEGER NOT NULL,
  PRIMARY KEY(session_id, k, tokens)) STRICT;
CREATE TABLE prediction(
  sweep_id INTEGER NOT NULL REFERENCES sweep(id), cell_id TEXT NOT NULL,
  session_id INTEGER NOT NULL REFERENCES session(id),
  source TEXT NOT NULL,
  acceptance REAL NOT NULL, hit_rate REAL NOT NULL, draft_cost REAL NOT NULL,
  guesses INTEGER NOT NULL, speedup REAL NOT NULL,
  checksum INTEGER NOT NULL,
  PRIMARY KEY(sweep_id, cell_id)) STRICT;
CREATE TABLE speed_prompt(
  sweep_id INTEGER NOT NULL REFERENCES sweep(id), position INTEGER NOT NULL,
  prompt_id TEXT NOT NULL, kind TEXT NOT NULL,
  repeated_share REAL NOT NULL,                          -- of its 5-grams, 0 to 1
  checksum INTEGER NOT NULL,
  PRIMARY KEY(sweep_id, position)) STRICT;
)");
  for (const char* table : {"cell_guessing", "trial_speculation", "trial_prompt", "answer_parity",
                            "pass_cost", "prediction", "speed_prompt"}) {
    RefuseChanges(db, table);
  }
}

}  // namespace moebench
