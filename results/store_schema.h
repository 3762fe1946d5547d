// The tables of the store, version 1. STRICT, joined by foreign keys, append-only: what ends later
// than it began (a sweep, a session, a cell) gets a second row in a table of its own, so that no
// row is ever changed; triggers refuse UPDATE and DELETE.
#pragma once

#include <string>

namespace moebench {

constexpr int kApplicationId = 0x4D6F6542;  // "MoeB", SQLite's way of telling whose file it is
constexpr int kSchemaVersion = 1;           // PRAGMA user_version

// All statements that make an empty database ours; run in one transaction.
std::string SchemaSql();

}  // namespace moebench
