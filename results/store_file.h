// The SQLite file under the store: opened with the right settings or refused with the reason; its
// errors in our words. Only results/store*.cc includes this.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>

namespace moebench {

struct OpenedStore {
  std::unique_ptr<SQLite::Database> db;
  std::string note;  // what was done to an older one, and where its copy lies; for people
};

// An empty or missing file becomes ours; a whole database of an older schema is copied and brought
// forward; anything else is refused.
OpenedStore OpenStoreForWriting(const std::filesystem::path& path);
// Never writes, never waits for the writer. An older schema is brought forward in memory only.
std::unique_ptr<SQLite::Database> OpenStoreForReading(const std::filesystem::path& path);
// The same without looking at schema or damage: for the check itself, and for copies.
std::unique_ptr<SQLite::Database> OpenUncheckedForReading(const std::filesystem::path& path);

// See BackUpStore (store_care.h).
void BackUpDatabase(SQLite::Database& db, const std::filesystem::path& to);

// Write-ahead logging needs shared memory between processes, which network file systems lack.
//   filesystem_magic  statfs f_type
bool WalWorksOn(long filesystem_magic);

[[noreturn]] void ThrowStoreError(const SQLite::Exception& error,
                                  const std::filesystem::path& path);

// Runs f(); SQLite's exceptions leave as Error.
template <typename F>
auto InStoreWords(const std::filesystem::path& path, F&& f) {
  try {
    return std::forward<F>(f)();
  } catch (const SQLite::Exception& error) {
    ThrowStoreError(error, path);
  }
}

}  // namespace moebench
