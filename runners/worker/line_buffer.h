// Splits a byte stream into lines, with a cap on the length of one line.
//   buffer.Append(bytes); while (auto line = buffer.Next()) Use(*line);
// Not thread-safe.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace moebench {

class LineBuffer {
 public:
  explicit LineBuffer(std::size_t max_line_bytes) : max_line_bytes_(max_line_bytes) {}

  void Append(std::string_view bytes) { pending_.append(bytes); }
  // The next whole line without its line feed (and without a carriage return before it).
  // Throws Error if a line, finished or not, is longer than the cap.
  std::optional<std::string> Next();
  int64_t lines_taken() const { return lines_taken_; }

 private:
  std::size_t max_line_bytes_;
  std::string pending_;
  std::size_t begin_ = 0;     // start of the next line
  std::size_t searched_ = 0;  // up to here there is no line feed
  int64_t lines_taken_ = 0;
};

}  // namespace moebench
