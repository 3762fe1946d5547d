#include "quality/judge/secret.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "harness/base/error.h"

namespace moebench {
namespace {

constexpr std::size_t kMostBytes = 4096;

// Of the line without its end.
std::string Line(const char* bytes, std::size_t size) {
  while (size > 0 && (bytes[size - 1] == '\n' || bytes[size - 1] == '\r')) --size;
  return {bytes, size};
}

}  // namespace

void Wipe(std::string& text) {
  explicit_bzero(text.data(), text.size());
  text.clear();
}

Secret::Secret(std::string&& text) {
  const bool fits = !text.empty() && text.size() <= kMostBytes;
  bool plain = true;
  for (const char c : text) plain = plain && c > ' ' && c < '\x7f';
  if (fits && plain) text_.assign(text);
  Wipe(text);
  if (text_.empty()) {
    throw Error{fits ? "the key has blanks or characters that no key has" : "the key is empty",
                "judge", "one line, nothing else", ExitCode::kConfig};
  }
}

Secret::Secret(Secret&& other) noexcept { *this = std::move(other); }

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this == &other) return *this;
  Wipe(text_);
  text_ = other.text_;
  Wipe(other.text_);
  return *this;
}

Secret::~Secret() { Wipe(text_); }

std::string Secret::Redact(std::string text) const {
  for (std::size_t at = 0; !empty() && (at = text.find(text_, at)) != std::string::npos;) {
    text.replace(at, text_.size(), "[key]");
  }
  return text;
}

Secret SecretFromFile(const std::filesystem::path& path) {
  const auto refuse = [&](const std::string& problem, const std::string& hint) {
    throw Error{problem, path.string(), hint, ExitCode::kConfig};
  };
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) refuse(std::string("the judge's key can't be read: ") + std::strerror(errno), "");
  struct stat status {};
  std::array<char, kMostBytes + 1> bytes{};
  const bool known = fstat(fd, &status) == 0;
  const bool regular = known && S_ISREG(status.st_mode);
  const bool own = known && (status.st_mode & (S_IRWXG | S_IRWXO)) == 0;
  const ssize_t n = regular && own ? read(fd, bytes.data(), bytes.size()) : 0;
  close(fd);
  if (!regular) refuse("the judge's key is no regular file", "");
  if (!own) refuse("others may read the judge's key", "chmod 600 " + path.string());
  std::string line = Line(bytes.data(), n > 0 ? static_cast<std::size_t>(n) : 0);
  explicit_bzero(bytes.data(), bytes.size());
  return Secret(std::move(line));
}

Secret SecretFromEnvironment(const std::string& name) {
  char* value = std::getenv(name.c_str());
  if (value == nullptr) {
    throw Error{"the environment variable " + name + " is not set", "judge",
                "set it, or name a key_file", ExitCode::kConfig};
  }
  std::string text = value;
  explicit_bzero(value, text.size());
  unsetenv(name.c_str());
  return Secret(std::move(text));
}

}  // namespace moebench
