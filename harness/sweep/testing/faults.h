// Makes the Nth system call that touches files below a folder, or starts a process, fail or be the
// last. The functions of libc that matter (open, write, pwrite, fsync, fdatasync, ftruncate,
// rename, unlink, fork) are defined once more in the test program and so come before libc's, for
// SQLite too; nothing in the product knows of it.
//   ArmFaults({FaultKind::kKill, 17, 0, folder});  // this process dies just before its 17th call
// One process at a time: children of an armed process are not counted. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>

namespace moebench {

enum class FaultKind {
  kCount,     // nothing fails
  kFailOnce,  // the Nth call fails with `error`
  kFailOn,    // the Nth call and all that follow
  kKill,      // SIGKILL before the Nth call
};

struct FaultPlan {
  FaultKind kind = FaultKind::kCount;
  int64_t nth = 0;  // from 1
  int error = 0;    // errno
  std::string folder;
};

void ArmFaults(const FaultPlan& plan);
int64_t CallsSoFar();

}  // namespace moebench
