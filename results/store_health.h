// Is this file a store of ours, of which schema, and undamaged? Only results/store*.cc includes
// this; people ask through store_care.h.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>
#include <string>
#include <vector>

namespace moebench {

bool IsEmptyDatabase(SQLite::Database& db);

// The schema of a store of ours, 1 to the newest. Throws Error for another program's database and
// for one that a newer moebench wrote.
int RequireOurs(SQLite::Database& db, const std::filesystem::path& path);

// What is wrong with a store of any schema: structure, tables and indices (SQLite's own check),
// rows that name others which are not there. At most `limit` sentences.
std::vector<std::string> StructuralDamage(SQLite::Database& db, size_t limit);

// What is wrong with one of the newest schema beside that: tables that are not as the steps make
// them, rows whose checksum is wrong, missing rows.
std::vector<std::string> ContentDamage(SQLite::Database& db, size_t limit);

[[noreturn]] void ThrowDamaged(const std::filesystem::path& path, const std::string& damage);

}  // namespace moebench
