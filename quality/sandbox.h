// Where generated code may run: bubblewrap with no network, a read-only root of system files only,
// its own /tmp, and limits of time, memory, processes, file size and output. Code is never run
// without it.
//   Sandbox sandbox = FindSandbox();
//   if (sandbox.run) CodeResult r = sandbox.run({.language = "python", .source = "print(1)"});
#pragma once

#include <string>

#include "quality/code_tests.h"

namespace moebench {

struct Sandbox {
  CodeRunner run;       // empty if there is none; may be copied, one call at a time
  std::string why_not;  // then: what is missing, and the remedy
};

// Looks for bubblewrap and tries it once on this machine. As root it is started as nobody, because
// the kernel does not limit root's processes.
Sandbox FindSandbox();

}  // namespace moebench
