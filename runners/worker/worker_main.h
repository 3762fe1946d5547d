// The child's side of the protocol: reads requests from in_fd, drives a Runner, writes events to
// out_fd, and sends heartbeats from a side thread while a request is under way.
//   return RunWorker(MakeRunner(), {.runner = "native", .version = "1"}, STDIN_FILENO,
//                    STDOUT_FILENO);
#pragma once

#include <memory>

#include "runners/runner.h"
#include "runners/worker/protocol.h"

namespace moebench {

// Runs until the quit request or until in_fd is closed; returns the exit code of the process.
// Events go to a private duplicate of out_fd, and stdout is turned to stderr for good, so that a
// stray printf in an engine cannot corrupt the protocol. If the parent goes away in the middle of a
// request, the process ends at once.
// An Error of the runner becomes an error event. A request line that cannot be understood throws
// Error: there is nobody to answer to. Any other exception of the runner but bad_alloc is a bug and
// ends the process, which the parent sees as crashed(SIGABRT).
int RunWorker(std::unique_ptr<Runner> runner, const WorkerInfo& info, int in_fd, int out_fd);

}  // namespace moebench
