// The SQLite file under the store: opened with the right settings or refused with the reason; its
// errors in our words. Only results/store*.cc includes this.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>
#include <memory>
#include <utility>

namespace moebench {

// An empty or missing file becomes ours; anything but a healthy database of this version is
// refused.
std::unique_ptr<SQLite::Database> OpenStoreForWriting(const std::filesystem::path& path);
// Never writes, never waits for the writer.
std::unique_ptr<SQLite::Database> OpenStoreForReading(const std::filesystem::path& path);

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
