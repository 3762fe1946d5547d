#include "harness/base/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "harness/base/error.h"

namespace moebench {
namespace {

// Owns a file descriptor.
struct Fd {
  int fd;
  ~Fd() {
    if (fd >= 0) close(fd);
  }
};

[[noreturn]] void ThrowErrno(const std::string& what, const std::filesystem::path& path,
                             ExitCode code) {
  throw Error{what + ": " + std::strerror(errno), path.string(), "", code};
}

void WriteAll(int fd, const std::string& content, const std::filesystem::path& path) {
  size_t done = 0;
  while (done < content.size()) {
    const ssize_t n = write(fd, content.data() + done, content.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) ThrowErrno("can't be written", path, ExitCode::kIo);
    done += static_cast<size_t>(n);
  }
}

}  // namespace

void RequireRegularFile(const std::filesystem::path& path, const std::string& kind) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) {
    throw Error{"no such " + kind + " (" + std::strerror(errno) + ")", path.string(),
                "check the path", ExitCode::kBadData};
  }
  if (!S_ISREG(info.st_mode)) {
    const char* is = S_ISDIR(info.st_mode)    ? "a directory"
                     : S_ISFIFO(info.st_mode) ? "a FIFO"
                     : S_ISCHR(info.st_mode)  ? "a character device"
                     : S_ISBLK(info.st_mode)  ? "a block device"
                                              : "no regular file";
    throw Error{"is " + std::string(is) + ", not a " + kind, path.string(), "name the file itself",
                ExitCode::kBadData};
  }
  if (access(path.c_str(), R_OK) != 0) ThrowErrno("can't be read", path, ExitCode::kBadData);
}

std::string ReadFile(const std::filesystem::path& path, uint64_t limit_bytes) {
  RequireRegularFile(path, "file");
  Fd file{open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.fd < 0) ThrowErrno("can't be opened", path, ExitCode::kBadData);
  std::string content;
  char buffer[1 << 16];
  for (;;) {
    const ssize_t n = read(file.fd, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) ThrowErrno("can't be read", path, ExitCode::kIo);
    if (n == 0) return content;
    if (content.size() + static_cast<size_t>(n) > limit_bytes) {
      throw Error{"is larger than " + std::to_string(limit_bytes) + " bytes", path.string(),
                  "is it the right file?", ExitCode::kBadData};
    }
    content.append(buffer, static_cast<size_t>(n));
  }
}

void WriteFileAtomically(const std::filesystem::path& named, const std::string& content) {
  std::error_code error;
  const auto type = std::filesystem::status(named, error).type();
  if (type != std::filesystem::file_type::regular &&
      type != std::filesystem::file_type::not_found) {
    // /dev/stdout, a pipe: written to; a rename would put a file in its place.
    Fd file{open(named.c_str(), O_WRONLY | O_CLOEXEC)};
    if (file.fd < 0) ThrowErrno("can't be written", named, ExitCode::kIo);
    WriteAll(file.fd, content, named);
    return;
  }
  // A link to a file stays one.
  const std::filesystem::path real = std::filesystem::canonical(named, error);
  const std::filesystem::path path = error ? named : real;
  const std::filesystem::path temporary = path.string() + ".tmp" + std::to_string(getpid());
  {
    Fd file{open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)};
    if (file.fd < 0) ThrowErrno("can't be written", path, ExitCode::kIo);
    try {
      WriteAll(file.fd, content, path);
      if (fsync(file.fd) != 0) ThrowErrno("can't be synced", path, ExitCode::kIo);
    } catch (const Error&) {
      unlink(temporary.c_str());
      throw;
    }
  }
  if (rename(temporary.c_str(), path.c_str()) != 0) {
    unlink(temporary.c_str());
    ThrowErrno("can't be replaced", path, ExitCode::kIo);
  }
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  Fd directory{open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (directory.fd >= 0) fsync(directory.fd);
}

}  // namespace moebench
