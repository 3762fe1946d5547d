// The fake runner as a worker process.
//   return RunFakeWorker(script, STDIN_FILENO, STDOUT_FILENO);
// Between the ordinary worker loop and the parent stands a relay thread that can spoil what the
// parent reads, so that the loop that real engines use knows nothing of it.
#pragma once

#include <string>

namespace moebench {

// script_path_or_json as in LoadFakeScript; returns the exit code of the process.
int RunFakeWorker(const std::string& script_path_or_json, int in_fd, int out_fd);

}  // namespace moebench
