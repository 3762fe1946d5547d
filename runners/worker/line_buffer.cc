#include "runners/worker/line_buffer.h"

#include "harness/base/error.h"

namespace moebench {

std::optional<std::string> LineBuffer::Next() {
  const std::size_t end = pending_.find('\n', searched_);
  const std::size_t length = (end == std::string::npos ? pending_.size() : end) - begin_;
  if (length > max_line_bytes_) {
    throw Error{"is longer than " + std::to_string(max_line_bytes_) + " bytes", ""};
  }
  if (end == std::string::npos) {
    pending_.erase(0, begin_);
    begin_ = 0;
    searched_ = pending_.size();
    return std::nullopt;
  }
  std::string line = pending_.substr(begin_, length);
  begin_ = searched_ = end + 1;
  ++lines_taken_;
  if (!line.empty() && line.back() == '\r') line.pop_back();
  return line;
}

}  // namespace moebench
