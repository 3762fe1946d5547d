// Schema 2. Every row carries a checksum over its other columns (store_checksum.h): SQLite's own
// check finds damage to the structure of the file, not a turned bit inside a number.
#include <string>

#include "results/migrations/schema_steps.h"
#include "results/store_checksum.h"

namespace moebench {

void MakeSchema2(SQLite::Database& db) {
  for (const std::string table : {"sweep", "sweep_end", "model", "cell", "cell_event", "session",
                                  "session_end", "trial", "answer"}) {
    AllowChanges(db, table);
    db.exec("ALTER TABLE " + table + " ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0");
    SealRows(db, table);
    RefuseChanges(db, table);
  }
}

}  // namespace moebench
