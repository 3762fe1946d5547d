// A key that must be found nowhere: it can't be printed, and its memory is wiped.
//   Secret key = SecretFromFile("/etc/moebench/judge_key");
// Only what sends it may look at it. Moves, never copies. Not thread-safe.
#pragma once

#include <filesystem>
#include <string>

namespace moebench {

class Secret {
 public:
  Secret() = default;
  // Takes it and wipes the original. Throws Error if it is empty, longer than 4 KiB, or has blanks
  // or bytes that no HTTP header may carry.
  explicit Secret(std::string&& text);
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret();

  bool empty() const { return text_.empty(); }
  const std::string& Reveal() const { return text_; }
  // The text with every occurrence of the key replaced; for messages of servers, which may echo it.
  std::string Redact(std::string text) const;

 private:
  std::string text_;
};

// The file's only line. Throws Error unless it is a regular file that nobody but its owner may
// read.
Secret SecretFromFile(const std::filesystem::path& path);

// Takes it out of the environment, also out of what /proc/self/environ shows, so that no child gets
// it. Throws Error if it is not set. Before other threads are started.
Secret SecretFromEnvironment(const std::string& name);

void Wipe(std::string& text);

}  // namespace moebench
