// The small text files of /proc and /sys, taken apart. Pure but for ReadSmallFile.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace moebench {

// One number the system told, or why it did not: never zero for want of an answer.
struct Reading {
  std::optional<int64_t> value;
  std::string unavailable;  // the reason where there is no value
};
Reading Known(int64_t value);
Reading Unknown(std::string reason);

// The file's text without trailing white space; nothing if it can't be read. /proc files have no
// size of their own, so harness/base/files.h, which wants a regular file of known kind, won't do.
std::optional<std::string> ReadSmallFile(const std::filesystem::path& path);

// Why a file can't be read, for unavailable(...): "no such file", "permission denied".
std::string WhyUnreadable(const std::filesystem::path& path);

std::vector<std::string_view> SplitLines(std::string_view text);  // without empty lines
std::vector<std::string_view> SplitWords(std::string_view line);  // at blanks and tabs

// The whole text as one decimal number; nothing if it is anything else or does not fit.
std::optional<int64_t> ParseInt(std::string_view text);

// The number that follows key on the line that begins with it: ("MemFree: 12 kB", "MemFree:") is
// 12. Nothing if there is no such line.
std::optional<int64_t> FindNumber(std::string_view text, std::string_view key);

// "0-3,8" -> 0 1 2 3 8 (the kernel's cpu and node lists); nothing if malformed or above 65535.
std::optional<std::vector<int>> ParseList(std::string_view text);

// 0 1 2 3 8 -> "0-3,8"
std::string FormatList(const std::vector<int>& numbers);

}  // namespace moebench
