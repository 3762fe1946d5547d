#include "results/store_care.h"

#include "harness/base/error.h"
#include "results/migrations/schema_steps.h"
#include "results/store_checksum.h"
#include "results/store_file.h"
#include "results/store_health.h"

namespace moebench {

namespace fs = std::filesystem;

StoreCheck CheckStore(const fs::path& path) {
  constexpr size_t kMostProblems = 20;
  return InStoreWords(path, [&] {
    const std::unique_ptr<SQLite::Database> db = OpenUncheckedForReading(path);
    const SQLite::Transaction one_moment(*db);
    StoreCheck check;
    check.schema = RequireOurs(*db, path);
    check.problems = StructuralDamage(*db, kMostProblems);
    if (!check.problems.empty()) return check;
    if (check.schema == NewestSchema()) check.problems = ContentDamage(*db, kMostProblems);
    for (const std::string& table : StoreTables(*db)) {
      ++check.tables;
      check.rows += db->execAndGet("SELECT count(*) FROM " + table).getInt64();
    }
    return check;
  });
}

void BackUpStore(const fs::path& from, const fs::path& to) {
  InStoreWords(from, [&] {
    const std::unique_ptr<SQLite::Database> db = OpenUncheckedForReading(from);
    RequireOurs(*db, from);
    BackUpDatabase(*db, to);
  });
}

}  // namespace moebench
