#include "results/store_file.h"

#include <SQLiteCpp/Backup.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "harness/base/clock.h"
#include "harness/base/error.h"
#include "harness/base/files.h"
#include "results/migrations/schema_steps.h"
#include "results/store_health.h"

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

void RequireWhole(const fs::path& path, const std::vector<std::string>& damage) {
  if (!damage.empty()) ThrowDamaged(path, damage.front());
}

void SyncPath(const fs::path& path, int flags) {
  const int fd = open(path.c_str(), flags | O_CLOEXEC);
  const bool synced = fd >= 0 && fsync(fd) == 0;
  if (fd >= 0) close(fd);
  if (!synced) {
    throw Error{std::string("can't be synced: ") + std::strerror(errno), path.string(), "",
                ExitCode::kIo};
  }
}

// "20261122T010000Z"
std::string StampForName() {
  std::string stamp = UtcNow();
  std::erase_if(stamp, [](char c) { return c == '-' || c == ':'; });
  return stamp;
}

// A copy of the same second may be there: of a process that was killed on the way and begun again.
fs::path UnusedCopyName(const std::string& stem) {
  fs::path copy = stem + ".backup";
  for (int i = 2; fs::exists(copy); ++i) copy = stem + "-" + std::to_string(i) + ".backup";
  return copy;
}

// All steps in one transaction, after a copy of an older store was put aside. Returns what to tell
// people; nothing for a new store.
std::string BringForward(SQLite::Database& db, const fs::path& path, int schema) {
  std::string note;
  if (schema > 0) {
    const fs::path copy =
        UnusedCopyName(path.string() + ".schema-" + std::to_string(schema) + "-" + StampForName());
    BackUpDatabase(db, copy);
    note = "brought from schema " + std::to_string(schema) + " to " +
           std::to_string(NewestSchema()) + "; as it was: " + copy.string();
  }
  SQLite::Transaction transaction(db, SQLite::TransactionBehavior::IMMEDIATE);
  RunSchemaSteps(db, schema);
  transaction.commit();
  return note;
}

// Reading never writes: an older store is read through a copy that is brought forward in memory.
std::unique_ptr<SQLite::Database> ForwardInMemory(SQLite::Database& db, int schema) {
  auto copy =
      std::make_unique<SQLite::Database>(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  SQLite::Backup(*copy, db).executeStep();
  ApplySettings(*copy);
  SQLite::Transaction transaction(*copy, SQLite::TransactionBehavior::IMMEDIATE);
  RunSchemaSteps(*copy, schema);
  transaction.commit();
  return copy;
}

// Throws Error unless the store is whole; one of an older schema comes back brought forward.
std::unique_ptr<SQLite::Database> WholeOrForward(SQLite::Database& db, const fs::path& path) {
  const SQLite::Transaction one_moment(db);  // what a sweep adds meanwhile is not looked at
  const int schema = RequireOurs(db, path);
  RequireWhole(path, StructuralDamage(db, 1));
  std::unique_ptr<SQLite::Database> forward;
  if (schema < NewestSchema()) forward = ForwardInMemory(db, schema);
  RequireWhole(path, ContentDamage(forward ? *forward : db, 1));
  return forward;
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

void BackUpDatabase(SQLite::Database& db, const fs::path& to) {
  std::error_code ignored;
  if (fs::exists(to, ignored)) {
    throw Error{"exists already", to.string(), "name another file for the copy", ExitCode::kUsage};
  }
  const fs::path part = to.string() + ".part";
  fs::remove(part, ignored);  // of a run that was killed
  try {
    SQLite::Statement vacuum(db, "VACUUM INTO ?");
    vacuum.bind(1, part.string());
    vacuum.exec();
  } catch (const SQLite::Exception&) {
    fs::remove(part, ignored);
    throw;
  }
  SyncPath(part, O_RDONLY);
  if (rename(part.c_str(), to.c_str()) != 0) {
    throw Error{"the copy can't be put there", to.string(), "", ExitCode::kIo};
  }
  SyncPath(to.has_parent_path() ? to.parent_path() : fs::path("."), O_RDONLY | O_DIRECTORY);
}

OpenedStore OpenStoreForWriting(const fs::path& path) {
  std::error_code ignored;
  if (fs::exists(path, ignored)) RequireRegularFile(path, "database");
  return InStoreWords(path, [&] {
    OpenedStore opened{
        std::make_unique<SQLite::Database>(
            path.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, kBusyTimeoutMs),
        ""};
    SQLite::Database& db = *opened.db;
    ApplySettings(db);
    const int schema = IsEmptyDatabase(db) ? 0 : RequireOurs(db, path);
    if (schema > 0) RequireWhole(path, StructuralDamage(db, 1));
    SetJournal(db, path);
    if (schema < NewestSchema()) opened.note = BringForward(db, path, schema);
    if (schema > 0) RequireWhole(path, ContentDamage(db, 1));
    return opened;
  });
}

std::unique_ptr<SQLite::Database> OpenUncheckedForReading(const fs::path& path) {
  RequireRegularFile(path, "database");
  return InStoreWords(path, [&] {
    auto db = OpenReadOnly(path);
    if (IsEmptyDatabase(*db)) {
      throw Error{"holds no sweep", path.string(), "run: moebench sweep --db FILE"};
    }
    return db;
  });
}

std::unique_ptr<SQLite::Database> OpenStoreForReading(const fs::path& path) {
  return InStoreWords(path, [&] {
    auto db = OpenUncheckedForReading(path);
    auto forward = WholeOrForward(*db, path);
    return forward ? std::move(forward) : std::move(db);
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
