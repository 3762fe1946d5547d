#include "harness/sweep/testing/faults.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstring>

namespace moebench {
namespace {

constexpr int kMostFds = 1024;

struct State {
  FaultPlan plan;
  pid_t pid = -1;  // armed process
  int64_t calls = 0;
  std::array<bool, kMostFds> ours{};  // descriptors of files below the folder
};

State& TheState() {
  static State state;
  return state;
}

bool Armed() { return TheState().pid == getpid(); }

bool Below(const char* path) {
  const State& state = TheState();
  return Armed() && path != nullptr &&
         std::strncmp(path, state.plan.folder.c_str(), state.plan.folder.size()) == 0;
}

bool IsOurs(int fd) {
  return Armed() && fd >= 0 && fd < kMostFds && TheState().ours[static_cast<size_t>(fd)];
}

// True if this call must fail; errno is set then.
bool Strike() {
  State& state = TheState();
  const int64_t call = ++state.calls;
  switch (state.plan.kind) {
    case FaultKind::kCount:
      return false;
    case FaultKind::kKill:
      if (call == state.plan.nth) kill(getpid(), SIGKILL);
      return false;
    case FaultKind::kFailOnce:
      if (call != state.plan.nth) return false;
      break;
    case FaultKind::kFailOn:
      if (call < state.plan.nth) return false;
      break;
  }
  errno = state.plan.error;
  return true;
}

template <typename F>
F Real(const char* name) {
  return reinterpret_cast<F>(dlsym(RTLD_NEXT, name));
}

int Remember(int fd) {
  if (fd >= 0 && fd < kMostFds) TheState().ours[static_cast<size_t>(fd)] = true;
  return fd;
}

int OpenBy(const char* path, int flags, mode_t mode) {
  using Open = int (*)(const char*, int, ...);
  static const Open real = Real<Open>("open64");
  if (!Below(path)) return real(path, flags, mode);
  if (Strike()) return -1;
  return Remember(real(path, flags, mode));
}

}  // namespace

void ArmFaults(const FaultPlan& plan) {
  State& state = TheState();
  state = State{};
  state.plan = plan;
  state.pid = getpid();
}

int64_t CallsSoFar() { return TheState().calls; }

}  // namespace moebench

// The same names and types as libc's. The C++ headers declare some of them noexcept.
extern "C" {

int open(const char* path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(list, mode_t) : 0;
  va_end(list);
  return moebench::OpenBy(path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(list, mode_t) : 0;
  va_end(list);
  return moebench::OpenBy(path, flags, mode);
}

ssize_t write(int fd, const void* data, size_t size) {
  static const auto real = moebench::Real<ssize_t (*)(int, const void*, size_t)>("write");
  if (moebench::IsOurs(fd) && moebench::Strike()) return -1;
  return real(fd, data, size);
}

ssize_t pwrite(int fd, const void* data, size_t size, off_t at) {
  static const auto real = moebench::Real<ssize_t (*)(int, const void*, size_t, off_t)>("pwrite");
  if (moebench::IsOurs(fd) && moebench::Strike()) return -1;
  return real(fd, data, size, at);
}

ssize_t pwrite64(int fd, const void* data, size_t size, off64_t at) {
  static const auto real =
      moebench::Real<ssize_t (*)(int, const void*, size_t, off64_t)>("pwrite64");
  if (moebench::IsOurs(fd) && moebench::Strike()) return -1;
  return real(fd, data, size, at);
}

int fsync(int fd) {
  static const auto real = moebench::Real<int (*)(int)>("fsync");
  if (moebench::IsOurs(fd) && moebench::Strike()) return -1;
  return real(fd);
}

int fdatasync(int fd) {
  static const auto real = moebench::Real<int (*)(int)>("fdatasync");
  if (moebench::IsOurs(fd) && moebench::Strike()) return -1;
  return real(fd);
}

int ftruncate(int fd, off_t size) noexcept {
  static const auto real = moebench::Real<int (*)(int, off_t)>("ftruncate");
  if (moebench::IsOurs(fd) && moebench::Strike()) return -1;
  return real(fd, size);
}

int ftruncate64(int fd, off64_t size) noexcept {
  static const auto real = moebench::Real<int (*)(int, off64_t)>("ftruncate64");
  if (moebench::IsOurs(fd) && moebench::Strike()) return -1;
  return real(fd, size);
}

int rename(const char* from, const char* to) noexcept {
  static const auto real = moebench::Real<int (*)(const char*, const char*)>("rename");
  if (moebench::Below(from) && moebench::Strike()) return -1;
  return real(from, to);
}

int unlink(const char* path) noexcept {
  static const auto real = moebench::Real<int (*)(const char*)>("unlink");
  if (moebench::Below(path) && moebench::Strike()) return -1;
  return real(path);
}

int close(int fd) {
  static const auto real = moebench::Real<int (*)(int)>("close");
  if (moebench::IsOurs(fd)) moebench::TheState().ours[static_cast<size_t>(fd)] = false;
  return real(fd);
}

pid_t fork() noexcept {
  static const auto real = moebench::Real<pid_t (*)()>("fork");
  if (moebench::Armed() && moebench::Strike()) return -1;
  return real();
}

}  // extern "C"
