#include "results/store_health.h"

#include <sqlite3.h>

#include "harness/base/error.h"
#include "results/migrations/schema_steps.h"
#include "results/store_checksum.h"

namespace moebench {
namespace {

constexpr int kApplicationId = 0x4D6F6542;  // "MoeB", as schema_0_to_1.cc sets it

int64_t Number(SQLite::Database& db, const char* sql) { return db.execAndGet(sql).getInt64(); }

// The text that made each table, index and trigger of a new store; a turned bit in it may swap
// columns or take away a rule.
std::vector<std::string> SchemaDamage(SQLite::Database& db) {
  SQLite::Database fresh(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  RunSchemaSteps(fresh, 0);
  SQLite::Statement wanted(fresh,
                           "SELECT name, type, sql FROM sqlite_schema WHERE sql IS NOT NULL"
                           " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'");
  SQLite::Statement found(db,
                          "SELECT 1 FROM sqlite_schema WHERE name = ? AND type = ? AND sql = ?");
  while (wanted.executeStep()) {
    for (int i = 0; i < 3; ++i) found.bind(i + 1, wanted.getColumn(i).getString());
    if (!found.executeStep()) {
      return {"the " + wanted.getColumn(1).getString() + " " + wanted.getColumn(0).getString() +
              " is not as moebench makes it"};
    }
    found.reset();
  }
  return {};
}

// A statement of the check itself that SQLite does not understand: the tables are not what they
// were. Full disks and the like are no damage.
template <typename F>
std::vector<std::string> DamageOf(F&& check) {
  try {
    return check();
  } catch (const SQLite::Exception& error) {
    if (error.getErrorCode() != SQLITE_ERROR) throw;
    return {std::string("its tables can't be checked: ") + error.what()};
  }
}

}  // namespace

bool IsEmptyDatabase(SQLite::Database& db) {
  return Number(db, "PRAGMA application_id") == 0 && Number(db, "PRAGMA user_version") == 0 &&
         Number(db, "SELECT count(*) FROM sqlite_schema") == 0;
}

int RequireOurs(SQLite::Database& db, const std::filesystem::path& path) {
  if (Number(db, "PRAGMA application_id") != kApplicationId) {
    throw Error{"is a database of another program", path.string(), "name another with --db"};
  }
  const int64_t schema = Number(db, "PRAGMA user_version");
  if (schema > NewestSchema()) {
    throw Error{"was written by a newer moebench (schema " + std::to_string(schema) +
                    "; this one knows " + std::to_string(NewestSchema()) + ")",
                path.string(), "update moebench or name another with --db"};
  }
  if (schema < 1) {
    throw Error{"has the unknown schema version " + std::to_string(schema), path.string(),
                "name another with --db"};
  }
  return static_cast<int>(schema);
}

std::vector<std::string> StructuralDamage(SQLite::Database& db, size_t limit) {
  return DamageOf([&] {
    std::vector<std::string> damage;
    SQLite::Statement check(db, "PRAGMA integrity_check(" + std::to_string(limit) + ")");
    while (check.executeStep()) {
      const std::string line = check.getColumn(0).getString();
      if (line != "ok") damage.push_back(line.substr(0, line.find('\n')));
    }
    SQLite::Statement orphans(db, "PRAGMA foreign_key_check");
    while (damage.size() < limit && orphans.executeStep()) {
      damage.push_back(orphans.getColumn(0).getString() + ", row " +
                       orphans.getColumn(1).getString() + ": names a row of " +
                       orphans.getColumn(2).getString() + " that is not there");
    }
    return damage;
  });
}

std::vector<std::string> ContentDamage(SQLite::Database& db, size_t limit) {
  return DamageOf([&] {
    std::vector<std::string> damage = SchemaDamage(db);
    return damage.empty() ? DamagedRows(db, limit) : damage;
  });
}

void ThrowDamaged(const std::filesystem::path& path, const std::string& damage) {
  throw Error{"is damaged: " + damage, path.string(),
              "restore a copy that 'moebench db backup' or a schema step made; what is left can be "
              "saved with: sqlite3 FILE .recover"};
}

}  // namespace moebench
