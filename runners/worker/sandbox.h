// Gives up, for good, what an engine never needs: a model file is somebody else's bytes, and a flaw
// in reading it should find no network, no other program to start and no file to write.
//   std::string missing = RestrictThisProcess();  // after exec, before the first request
// Refused with EPERM from then on: sockets but AF_UNIX, exec, new processes (threads are allowed),
// ptrace and its kin, mounts, kernel modules, keys, bpf. No file can be written (RLIMIT_FSIZE 0;
// pipes are no files). Reading stays free: the model may lie anywhere.
#pragma once

#include <string>

namespace moebench {

// Empty if all of it holds; else what does not and why, for the log.
std::string RestrictThisProcess();

}  // namespace moebench
