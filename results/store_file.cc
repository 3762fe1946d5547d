#include "results/store_file.h"

#include <sqlite3.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <string>

#include "harness/base/error.h"
#include "harness/base/files.h"
#include "results/store_schema.h"

namespace moebench {
namespace {

namespace fs = std::filesystem;

constexpr int kBusyTimeoutMs = 10'000;

int64_t PragmaNumber(SQLite::Database& db, const char* sql) {
  return db.execAndGet(sql).getInt64();
}

void ApplySettings(SQLite::Database& db) {
  sqlite3_db_config(db.getHandle(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  db.exec(
      "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;"
      "PRAGMA recursive_triggers = ON;");  // INSERT OR REPLACE then runs the DELETE triggers
}

bool IsEmpty(SQLite::Database& db) {
  return PragmaNumber(db, "PRAGMA application_id") == 0 &&
         PragmaNumber(db, "PRAGMA user_version") == 0 &&
         PragmaNumber(db, "SELECT count(*) FROM sqlite_schema") == 0;
}

void RequireOurs(SQLite::Database& db, const fs::path& path) {
  if (PragmaNumber(db, "PRAGMA application_id") != kApplicationId) {
    throw Error{"is a database of another program", path.string(), "name another with --db"};
  }
  const int64_t version = PragmaNumber(db, "PRAGMA user_version");
  if (version > kSchemaVersion) {
    throw Error{"was written by a newer moebench (schema " + std::to_string(version) +
                    "; this one knows " + std::to_string(kSchemaVersion) + ")",
                path.string(), "update moebench or name another with --db"};
  }
  if (version < kSchemaVersion) {
    throw Error{"has the unknown schema version " + std::to_string(version), path.string(),
                "name another with --db"};
  }
}

void RequireHealthy(SQLite::Database& db, const fs::path& path) {
  SQLite::Statement check(db, "PRAGMA quick_check(1)");
  const std::string verdict = check.executeStep() ? check.getColumn(0).getString() : "no answer";
  if (verdict == "ok") return;
  throw Error{"is damaged: " + verdict.substr(0, verdict.find('\n')), path.string(),
              "restore a copy, or save what is left with: sqlite3 FILE .recover"};
}

void SetJournal(SQLite::Database& db, const fs::path& path) {
  struct statfs info {};
  const bool wal = statfs(path.c_str(), &info) != 0 || WalWorksOn(info.f_type);
  const std::string got =
      db.execAndGet(wal ? "PRAGMA journal_mode = WAL" : "PRAGMA journal_mode = DELETE").getString();
  if (!wal && got != "delete") {
    throw Error{"lies on a network file system and its journal can't be changed from " + got,
                path.string(), "put the database on a local disk", ExitCode::kIo};
  }
  db.exec("PRAGMA synchronous = FULL");
}

// "file:" URI of an absolute path, with what URIs act upon in %xx.
std::string ImmutableUri(const fs::path& path) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string uri = "file:";
  for (const char c : fs::absolute(path).string()) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '%' || c == '?' || c == '#' || byte < 0x20 || byte > 0x7e) {
      uri += {'%', kHex[byte >> 4], kHex[byte & 15]};
    } else {
      uri += c;
    }
  }
  return uri + "?immutable=1";
}

std::unique_ptr<SQLite::Database> OpenReadOnly(const fs::path& path) {
  auto db =
      std::make_unique<SQLite::Database>(path.string(), SQLite::OPEN_READONLY, kBusyTimeoutMs);
  ApplySettings(*db);
  try {
    PragmaNumber(*db, "SELECT count(*) FROM sqlite_schema");
    return db;
  } catch (const SQLite::Exception& error) {
    if (error.getErrorCode() != SQLITE_CANTOPEN && error.getErrorCode() != SQLITE_READONLY) throw;
  }
  // A folder we may not write to: SQLite can't make its shared memory file there. Without a log
  // beside it the file is complete and can be read as it stands.
  std::error_code ignored;
  const fs::path log = path.string() + "-wal";
  if (fs::exists(log, ignored) && fs::file_size(log, ignored) > 0) {
    throw Error{"has unfinished changes beside it (-wal) in a folder that can't be written",
                path.string(), "copy the database with its -wal file to a writable folder",
                ExitCode::kIo};
  }
  db = std::make_unique<SQLite::Database>(ImmutableUri(path),
                                          SQLite::OPEN_READONLY | SQLite::OPEN_URI, kBusyTimeoutMs);
  ApplySettings(*db);
  return db;
}

}  // namespace

bool WalWorksOn(long filesystem_magic) {
  // statfs(2): NFS, SMB, CIFS, SMB2, 9P, AFS, Coda, Ceph, Lustre, GPFS.
  constexpr std::array<uint32_t, 10> kNetwork = {0x6969,     0x517B,     0xFF534D42, 0xFE534D42,
                                                 0x01021997, 0x5346414F, 0x73757245, 0x00C36400,
                                                 0x0BD00BD0, 0x47504653};
  const auto magic = static_cast<uint32_t>(filesystem_magic);
  return std::find(kNetwork.begin(), kNetwork.end(), magic) == kNetwork.end();
}

std::unique_ptr<SQLite::Database> OpenStoreForWriting(const fs::path& path) {
  std::error_code ignored;
  if (fs::exists(path, ignored)) RequireRegularFile(path, "database");
  return InStoreWords(path, [&] {
    auto db = std::make_unique<SQLite::Database>(
        path.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, kBusyTimeoutMs);
    ApplySettings(*db);
    const bool fresh = IsEmpty(*db);
    if (!fresh) {
      RequireOurs(*db, path);
      RequireHealthy(*db, path);
    }
    SetJournal(*db, path);
    if (fresh) {
      SQLite::Transaction transaction(*db, SQLite::TransactionBehavior::IMMEDIATE);
      db->exec(SchemaSql());
      transaction.commit();
    }
    return db;
  });
}

std::unique_ptr<SQLite::Database> OpenStoreForReading(const fs::path& path) {
  RequireRegularFile(path, "database");
  return InStoreWords(path, [&] {
    auto db = OpenReadOnly(path);
    if (IsEmpty(*db)) {
      throw Error{"holds no sweep", path.string(), "run: moebench sweep --db FILE"};
    }
    RequireOurs(*db, path);
    RequireHealthy(*db, path);
    return db;
  });
}

void ThrowStoreError(const SQLite::Exception& error, const fs::path& path) {
  const int code = error.getErrorCode() & 0xff;
  const std::string what = error.what();
  switch (code) {
    case SQLITE_FULL:
      throw Error{"the disk is full; everything finished so far is kept", path.string(),
                  "free space, then go on with --resume", ExitCode::kIo};
    case SQLITE_IOERR:
      throw Error{"can't be read or written: " + what + "; everything finished so far is kept",
                  path.string(), "check the disk and its quota, then go on with --resume",
                  ExitCode::kIo};
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
      throw Error{"can't be opened for this: " + what, path.string(),
                  "the file and its folder must be writable; name another with --db",
                  ExitCode::kIo};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      throw Error{"is locked by another program", path.string(), "close what has it open",
                  ExitCode::kBusy};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      throw Error{"is damaged or no database: " + what, path.string(),
                  "restore a copy, or save what is left with: sqlite3 FILE .recover"};
    case SQLITE_TOOBIG:
    case SQLITE_NOMEM:
      throw Error{"a row is too large: " + what, path.string(), "", ExitCode::kBadData};
    default:
      throw Error{"the database refused: " + what, path.string(), "this is a bug of moebench",
                  ExitCode::kInternal};
  }
}

}  // namespace moebench
