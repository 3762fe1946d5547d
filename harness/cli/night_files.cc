#include "harness/cli/night_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <vector>

#include "harness/base/clock.h"
#include "harness/base/error.h"

namespace moebench {
namespace {

namespace fs = std::filesystem;

constexpr size_t kStampLength = 16;  // 20261122T223000Z

bool IsStamp(const std::string& text) {
  return text.size() == kStampLength && text[8] == 'T' && text[15] == 'Z' &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || c == 'T' || c == 'Z'; });
}

// Newest first.
std::vector<std::string> StampsOf(const fs::path& folder, const std::string& prefix,
                                  const std::string& suffix) {
  std::vector<std::string> stamps;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name.size() != prefix.size() + kStampLength + suffix.size() || !name.starts_with(prefix) ||
        !name.ends_with(suffix) || !it->is_regular_file(error)) {
      continue;
    }
    const std::string stamp = name.substr(prefix.size(), kStampLength);
    if (IsStamp(stamp)) stamps.push_back(stamp);
  }
  std::sort(stamps.rbegin(), stamps.rend());
  return stamps;
}

}  // namespace

NightLog::NightLog(const fs::path& file, int64_t limit_bytes) : left_bytes_(limit_bytes) {
  fd_ = open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd_ < 0) {
    throw Error{std::string("the log can't be written: ") + std::strerror(errno), file.string(),
                "name another folder with --state", ExitCode::kIo};
  }
}

NightLog::~NightLog() { close(fd_); }

void NightLog::Write(const std::string& kind, const std::string& text) {
  if (left_bytes_ <= 0) return;
  const nlohmann::json line = {{"at", UtcNow()}, {"kind", kind}, {"text", text}};
  std::string bytes = line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + '\n';
  left_bytes_ -= static_cast<int64_t>(bytes.size());
  if (left_bytes_ <= 0) {
    bytes = nlohmann::json{{"at", UtcNow()}, {"kind", "end"}, {"text", "the log is full"}}.dump() +
            '\n';
  }
  (void)!write(fd_, bytes.data(), bytes.size());
}

std::string StampForNames(std::string utc_stamp) {
  std::erase_if(utc_stamp, [](char c) { return c == '-' || c == ':'; });
  return utc_stamp;
}

int PruneFiles(const fs::path& folder, const std::string& prefix, const std::string& suffix,
               int keep) {
  const std::vector<std::string> stamps = StampsOf(folder, prefix, suffix);
  int deleted = 0;
  for (size_t i = static_cast<size_t>(std::max(keep, 0)); i < stamps.size(); ++i) {
    std::error_code error;
    deleted += fs::remove(folder / (prefix + stamps[i] + suffix), error) ? 1 : 0;
  }
  return deleted;
}

std::string NewestStampOf(const fs::path& folder, const std::string& prefix,
                          const std::string& suffix) {
  const std::vector<std::string> stamps = StampsOf(folder, prefix, suffix);
  return stamps.empty() ? "" : stamps.front();
}

}  // namespace moebench
