#include "results/migrations/schema_steps.h"

#include <array>
#include <string>

namespace moebench {
namespace {

constexpr std::array kSteps = {
    SchemaStep{"schema 0 -> 1: sweeps, cells, sessions, trials, answers", MakeSchema1},
    SchemaStep{"schema 1 -> 2: every row carries a checksum", MakeSchema2},
    SchemaStep{"schema 2 -> 3: baselines that people set, re-runs of suspects", MakeSchema3},
    SchemaStep{"schema 3 -> 4: results brought from other instruments", MakeSchema4},
    SchemaStep{"schema 4 -> 5: the KV cache's type, bandwidth measured again", MakeSchema5},
    SchemaStep{"schema 5 -> 6: speculation", MakeSchema6},
    SchemaStep{"schema 6 -> 7: signs of sickness, divergence, judges", MakeSchema7},
    SchemaStep{"schema 7 -> 8: several instances at once, waiting", MakeSchema8},
    SchemaStep{"schema 8 -> 9: routing traces", MakeSchema9},
};

}  // namespace

std::span<const SchemaStep> SchemaSteps() { return kSteps; }
int NewestSchema() { return static_cast<int>(kSteps.size()); }

void RunSchemaSteps(SQLite::Database& db, int from_schema) {
  for (size_t step = static_cast<size_t>(from_schema); step < kSteps.size(); ++step) {
    kSteps[step].run(db);
    db.exec("PRAGMA user_version = " + std::to_string(step + 1));
  }
}

void RefuseChanges(SQLite::Database& db, const std::string& table) {
  for (const std::string verb : {"UPDATE", "DELETE"}) {
    db.exec("CREATE TRIGGER " + table + "_refuses_" + verb + " BEFORE " + verb + " ON " + table +
            " BEGIN SELECT RAISE(ABORT, 'rows of the store are never changed'); END");
  }
}

void AllowChanges(SQLite::Database& db, const std::string& table) {
  for (const std::string verb : {"UPDATE", "DELETE"}) {
    db.exec("DROP TRIGGER " + table + "_refuses_" + verb);
  }
}

}  // namespace moebench
