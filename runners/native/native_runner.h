// Our own engine as a runner: GGUF in, text and timings out, in this process.
//   std::unique_ptr<Runner> runner = MakeNativeRunner();
//   runner->Load({.model_path = "m.gguf", .placement = plan}, {});
// The thread that calls Load is pinned to the plan's first cpu and must make all further calls. A
// second Load replaces the model.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runners/runner.h"

namespace moebench {

std::unique_ptr<Runner> MakeNativeRunner();
// What it tells in a worker's hello.
std::vector<std::string> NativeCapabilities();

}  // namespace moebench
