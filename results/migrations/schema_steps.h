// The steps that make the store's tables: step i turns a database of schema i into schema i + 1.
//   RunSchemaSteps(db, 0);  // an empty database becomes ours
// Run inside a transaction of the caller's; after it PRAGMA user_version is NewestSchema().
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <span>

namespace moebench {

struct SchemaStep {
  const char* what;  // "schema 1 -> 2: every row carries a checksum"
  void (*run)(SQLite::Database& db);
};

std::span<const SchemaStep> SchemaSteps();
int NewestSchema();
void RunSchemaSteps(SQLite::Database& db, int from_schema);

// The steps themselves.
void MakeSchema1(SQLite::Database& db);  // schema_0_to_1.cc
void MakeSchema2(SQLite::Database& db);  // schema_1_to_2.cc
void MakeSchema3(SQLite::Database& db);  // schema_2_to_3.cc
void MakeSchema4(SQLite::Database& db);  // schema_3_to_4.cc
void MakeSchema5(SQLite::Database& db);  // schema_4_to_5.cc
void MakeSchema6(SQLite::Database& db);  // schema_5_to_6.cc
void MakeSchema7(SQLite::Database& db);  // schema_6_to_7.cc
void MakeSchema8(SQLite::Database& db);  // schema_7_to_8.cc
void MakeSchema9(SQLite::Database& db);  // schema_8_to_9.cc

// For steps that change tables which exist.
void RefuseChanges(SQLite::Database& db, const std::string& table);  // makes the triggers
void AllowChanges(SQLite::Database& db, const std::string& table);   // drops them

}  // namespace moebench
