#include "results/writer_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>

#include "harness/base/clock.h"
#include "harness/base/error.h"

namespace moebench {
namespace {

// The first line of the lock file as its holder wrote it; bytes that a terminal might act upon are
// left out. Empty if the holder hasn't written it yet.
std::string Holder(int fd) {
  char buffer[256];
  const ssize_t n = pread(fd, buffer, sizeof buffer, 0);
  std::string line;
  for (ssize_t i = 0; i < n && buffer[i] != '\n'; ++i) {
    if (buffer[i] >= ' ' && buffer[i] <= '~') line += buffer[i];
  }
  return line;
}

std::string SelfDescription() {
  char host[256] = "";
  gethostname(host, sizeof host - 1);
  return "pid " + std::to_string(getpid()) + " on " + host + ", since " + UtcNow() + "\n";
}

}  // namespace

WriterLock::WriterLock(const std::filesystem::path& database) {
  const std::string path = database.string() + ".lock";
  fd_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644);
  if (fd_ < 0) {
    throw Error{std::string("can't be opened for the writer's lock: ") + std::strerror(errno), path,
                "the database's folder must be writable; name another with --db", ExitCode::kIo};
  }
  while (flock(fd_, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    const int reason = errno;
    const std::string holder = Holder(fd_);
    close(fd_);
    if (reason != EWOULDBLOCK) {
      throw Error{std::string("can't be locked: ") + std::strerror(reason), path,
                  "put the database on a local disk", ExitCode::kIo};
    }
    throw Error{"another sweep is writing this database (" +
                    (holder.empty() ? std::string("it has just started") : holder) + ")",
                database.string(), "wait for it or name another with --db", ExitCode::kBusy};
  }
  const std::string text = SelfDescription();
  // The text only helps people; a full disk must not keep us from locking.
  if (ftruncate(fd_, 0) == 0) (void)!pwrite(fd_, text.data(), text.size(), 0);
}

// Trying the lock would turn a sweep away that begins at that moment: the kernel's list is read
// instead, "1: FLOCK  ADVISORY  WRITE 4711 fe:01:1234 0 EOF".
std::string CurrentWriter(const std::filesystem::path& database) {
  const std::string path = database.string() + ".lock";
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) return "";
  std::ifstream locks("/proc/locks");
  const std::string inode = ':' + std::to_string(info.st_ino) + ' ';
  for (std::string line; std::getline(locks, line);) {
    if (line.find(" FLOCK ") == std::string::npos || line.find(" WRITE ") == std::string::npos ||
        line.find(inode) == std::string::npos) {
      continue;
    }
    const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    const std::string holder = fd >= 0 ? Holder(fd) : "";
    if (fd >= 0) close(fd);
    return holder.empty() ? "somebody" : holder;
  }
  return "";
}

WriterLock::~WriterLock() { close(fd_); }

}  // namespace moebench
