// Looking after a database: is it whole, and a copy of it. For `moebench db` and the nightly run.
//   StoreCheck check = CheckStore("sweeps.db");   // check.problems is empty if it is whole
//   BackUpStore("sweeps.db", "sweeps.backup");
// Neither writes to the database nor keeps a sweep from writing to it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace moebench {

struct StoreCheck {
  int schema = 0;  // 0 = could not be read at all
  int tables = 0;
  int64_t rows = 0;
  std::vector<std::string> problems;  // sentences, at most 20
};

// Throws Error only for what is no store of ours, or cannot be read at all.
StoreCheck CheckStore(const std::filesystem::path& path);

// A copy as of one moment, defragmented, durable when this returns; appears under its name as a
// whole or not at all. Throws Error if there is such a file already, or no space (kIo).
void BackUpStore(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace moebench
