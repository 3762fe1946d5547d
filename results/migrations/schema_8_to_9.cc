// Schema 9. Which experts the tokens of a text took: one trace of a model in a sweep, at the
// model's own expert count. Night after night it is the same one as long as model, text and engine
// are: a trace is stored once and named by its content. Sweeps from before have none.
#include "results/migrations/schema_steps.h"

namespace moebench {

void MakeSchema9(SQLite::Database& db) {
  db.exec(R"(
CREATE TABLE routing_trace(
  trace_hash TEXT PRIMARY KEY NOT NULL,                  -- 64 hex digits, of all beside it
  n_experts INTEGER NOT NULL, n_layers INTEGER NOT NULL, -- layers: those with experts
  n_tokens INTEGER NOT NULL,
  experts BLOB NOT NULL,     -- u16, little-endian: of each token, of each of its layers, how many
                             -- experts and then their numbers
  checksum INTEGER NOT NULL) STRICT;
CREATE TABLE sweep_routing(
  sweep_id INTEGER NOT NULL, model_sha256 TEXT NOT NULL,
  session_id INTEGER NOT NULL,
  k INTEGER NOT NULL, text_hash TEXT NOT NULL,
  trace_hash TEXT NOT NULL REFERENCES routing_trace(trace_hash),
  checksum INTEGER NOT NULL,
  PRIMARY KEY(sweep_id, model_sha256),
  FOREIGN KEY(session_id, sweep_id) REFERENCES session(id, sweep_id)) STRICT;
)");
  for (const char* table : {"routing_trace", "sweep_routing"}) RefuseChanges(db, table);
}

}  // namespace moebench
