// A runner that plays a script: made-up speed and answers, and every misbehaviour a real engine or
// machine has shown. Time is virtual unless the script says "sleep".
//   auto runner = MakeFakeRunner(R"({"tokens_per_s": {"8": 100, "4": 150}})");
// In this process it can only misbehave in its numbers, by Error, or by taking the process with it;
// misdeeds on the pipe need RunFakeWorker (fake_worker.h). Not thread-safe.
#pragma once

#include <memory>
#include <string>

#include "runners/fake/fake_script.h"
#include "runners/fake/pipe_spoiler.h"
#include "runners/runner.h"

namespace moebench {

std::unique_ptr<Runner> MakeFakeRunner(const std::string& script_path_or_json);

// spoiler may be null; it must outlive the runner.
std::unique_ptr<Runner> MakeFakeRunner(FakeScript script, PipeSpoiler* spoiler);

}  // namespace moebench
