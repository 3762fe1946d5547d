// Reads what llama-bench left behind: -o jsonl, -o json, or a SQLite file made of its -o sql. Of
// both schema eras: until mid-2026 with use_mmap and use_direct_io, since then with load_mode.
//   std::vector<ImportedRecord> rows = ReadLlamaBench("old.jsonl");
//   store.AddImported(rows);
// Every field is kept as it was; the rows are another instrument's and stay apart from sweeps.
// Throws Error naming the line or row and the field. Files are hostile: sizes are capped.
#pragma once

#include <filesystem>
#include <vector>

#include "results/records.h"

namespace moebench {

std::vector<ImportedRecord> ReadLlamaBench(const std::filesystem::path& file);

}  // namespace moebench
