// One writer per database: an exclusive flock on "<database>.lock". The kernel drops it when the
// process dies, so it can't go stale. The file says who holds it, for the one who has to wait.
//   WriterLock lock("sweeps.db");   // throws Error (ExitCode::kBusy) naming the holder
#pragma once

#include <filesystem>
#include <string>

namespace moebench {

class WriterLock {
 public:
  explicit WriterLock(const std::filesystem::path& database);
  ~WriterLock();
  WriterLock(const WriterLock&) = delete;
  WriterLock& operator=(const WriterLock&) = delete;

 private:
  int fd_ = -1;
};

// Who writes the database now, as its lock file says; empty if nobody does. Writes nothing.
std::string CurrentWriter(const std::filesystem::path& database);

}  // namespace moebench
