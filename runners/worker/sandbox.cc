#include "runners/worker/sandbox.h"

#include <sched.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <memory>

namespace moebench {
namespace {

using Filter = std::unique_ptr<void, decltype(&seccomp_release)>;

constexpr int kForbidden[] = {SCMP_SYS(execve),
                              SCMP_SYS(execveat),
                              SCMP_SYS(fork),
                              SCMP_SYS(vfork),
                              SCMP_SYS(ptrace),
                              SCMP_SYS(process_vm_readv),
                              SCMP_SYS(process_vm_writev),
                              SCMP_SYS(pidfd_getfd),
                              SCMP_SYS(mount),
                              SCMP_SYS(umount2),
                              SCMP_SYS(pivot_root),
                              SCMP_SYS(chroot),
                              SCMP_SYS(init_module),
                              SCMP_SYS(finit_module),
                              SCMP_SYS(kexec_load),
                              SCMP_SYS(bpf),
                              SCMP_SYS(keyctl),
                              SCMP_SYS(add_key),
                              SCMP_SYS(request_key),
                              SCMP_SYS(unshare),
                              SCMP_SYS(setns),
                              SCMP_SYS(io_uring_setup),
                              SCMP_SYS(userfaultfd)};

int AddRules(void* filter) {
  int error = 0;
  const auto refuse = [&](int call, auto... conditions) {
    const int result =
        seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), call, sizeof...(conditions), conditions...);
    if (result != 0 && error == 0) error = result;
  };
  for (const int call : kForbidden) refuse(call);
  refuse(SCMP_SYS(socket), SCMP_A0(SCMP_CMP_NE, AF_UNIX));
  // A thread shares its process; anything else that clone makes is a new one.
  refuse(SCMP_SYS(clone), SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));
  // Its flags lie in memory, where a filter can't look: "not there" makes libc take clone.
  const int clone3 = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
  return error != 0 ? error : clone3;
}

}  // namespace

std::string RestrictThisProcess() {
  const rlimit no_file{0, 0};
  signal(SIGXFSZ, SIG_IGN);
  if (setrlimit(RLIMIT_FSIZE, &no_file) != 0) {
    return std::string("files can be written: ") + std::strerror(errno);
  }
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return std::string("privileges can be gained: ") + std::strerror(errno);
  }
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return "no system call filter: this is a build for the sanitizers, which need ptrace";
#endif
  const Filter filter(seccomp_init(SCMP_ACT_ALLOW), seccomp_release);
  int error = filter ? AddRules(filter.get()) : -ENOMEM;
  // One filter for all threads, also those that a library has started already.
  if (error == 0) seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_TSYNC, 1);
  if (error == 0) error = seccomp_load(filter.get());
  return error == 0 ? "" : std::string("no system call filter: ") + std::strerror(-error);
}

}  // namespace moebench
