// Reading and writing whole files, with limits and without half-written results.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace moebench {

// The content of a regular file. Throws Error if it is missing, no regular file (a directory, FIFO
// or device), unreadable, or larger than limit_bytes.
std::string ReadFile(const std::filesystem::path& path, uint64_t limit_bytes);

// Writes to a temporary file beside path, syncs, renames: readers see the old file or the new one.
// Throws Error (ExitCode::kIo) with the reason.
void WriteFileAtomically(const std::filesystem::path& path, const std::string& content);

// Throws Error unless path names a regular file that can be opened for reading.
void RequireRegularFile(const std::filesystem::path& path, const std::string& kind);

}  // namespace moebench
