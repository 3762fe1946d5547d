// What a night leaves beside its database: a log, a report, now and then a copy of the database.
// Old ones are deleted, ours only, by their names.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace moebench {

// JSON lines, one file a night, readable by its owner only:
//   {"at":"2026-11-22T22:30:00Z","kind":"note","text":"..."}
// Beyond the limit one last line says so, and the rest is left out. A disk that is full costs the
// log, never the night.
class NightLog {
 public:
  NightLog(const std::filesystem::path& file, int64_t limit_bytes);
  ~NightLog();
  NightLog(const NightLog&) = delete;
  NightLog& operator=(const NightLog&) = delete;
  void Write(const std::string& kind, const std::string& text);

 private:
  int fd_ = -1;
  int64_t left_bytes_;
};

// "20261122T223000Z" of a UTC stamp: sorts by age.
std::string StampForNames(std::string utc_stamp);

// Deletes all but the newest `keep` files prefix<16 characters of a stamp>suffix of the folder.
// Returns how many.
int PruneFiles(const std::filesystem::path& folder, const std::string& prefix,
               const std::string& suffix, int keep);

// The stamp in the newest name of that kind; empty if there is none.
std::string NewestStampOf(const std::filesystem::path& folder, const std::string& prefix,
                          const std::string& suffix);

}  // namespace moebench
