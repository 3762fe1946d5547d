// Schema 7. What stands beside the graders: signs of sickness in an answer, how far a cell's
// distributions over the tokens of a text are from those of the model's own expert count, what a
// judge said of the answers, and whether its control answers allow it to be believed.
#include "results/migrations/schema_steps.h"

namespace moebench {

void MakeSchema7(SQLite::Database& db) {
  db.exec(R"(
CREATE TABLE answer_sign(
  answer_id INTEGER PRIMARY KEY REFERENCES answer(id),
  cut_off INTEGER NOT NULL, empty INTEGER NOT NULL, loop INTEGER NOT NULL,
  unfinished INTEGER NOT NULL, open_fence INTEGER NOT NULL, open_json INTEGER NOT NULL,
  prompt_echo INTEGER NOT NULL, wrong_script INTEGER NOT NULL,
  compression_ratio REAL NOT NULL,  -- bytes over deflated bytes; 0 = too short to say
  checksum INTEGER NOT NULL) STRICT;

CREATE TABLE divergence(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  sweep_id INTEGER NOT NULL, cell_id TEXT NOT NULL,
  session_id INTEGER NOT NULL,
  text_hash TEXT NOT NULL, base_k INTEGER NOT NULL,
  window_tokens INTEGER NOT NULL, windows INTEGER NOT NULL, per_window INTEGER NOT NULL,
  k_executed_min INTEGER NOT NULL, k_executed_max INTEGER NOT NULL,
  base_log_p BLOB NOT NULL, log_p BLOB NOT NULL, kl BLOB NOT NULL,  -- f32, of each scored token
  same_top TEXT NOT NULL,                                           -- '1' or '0' of each
  checksum INTEGER NOT NULL,
  UNIQUE(session_id, cell_id),
  FOREIGN KEY(sweep_id, cell_id) REFERENCES cell(sweep_id, cell_id),
  FOREIGN KEY(session_id, sweep_id) REFERENCES session(id, sweep_id)) STRICT;
CREATE INDEX divergence_of_cell ON divergence(sweep_id, cell_id);

CREATE TABLE judgment(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  sweep_id INTEGER NOT NULL REFERENCES sweep(id),
  cell_id TEXT NOT NULL,  -- empty of control answers
  item_id TEXT NOT NULL,
  kind TEXT NOT NULL CHECK(kind IN ('rubric', 'pair', 'canary')),
  swapped INTEGER NOT NULL, outcome TEXT NOT NULL, score INTEGER NOT NULL,
  judge TEXT NOT NULL, model TEXT NOT NULL, prompt_hash TEXT NOT NULL, content_hash TEXT NOT NULL,
  reply TEXT NOT NULL,
  requests INTEGER NOT NULL, input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL,
  at TEXT NOT NULL,
  checksum INTEGER NOT NULL,
  UNIQUE(sweep_id, cell_id, item_id, kind, swapped, judge, prompt_hash)) STRICT;

CREATE TABLE judge_run(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  sweep_id INTEGER NOT NULL REFERENCES sweep(id),
  at TEXT NOT NULL, judge TEXT NOT NULL, prompt_hash TEXT NOT NULL,
  requests INTEGER NOT NULL, usd REAL NOT NULL, judged INTEGER NOT NULL, invalid INTEGER NOT NULL,
  stopped TEXT NOT NULL,  -- why it ended early; empty: it did not
  trusted INTEGER NOT NULL, trust_text TEXT NOT NULL,
  checksum INTEGER NOT NULL) STRICT;
)");
  for (const char* table : {"answer_sign", "divergence", "judgment", "judge_run"}) {
    RefuseChanges(db, table);
  }
}

}  // namespace moebench
