// Ctrl-C and TERM: the first asks for an orderly end, the second ends the process at once.
#pragma once

#include "harness/base/error.h"

namespace moebench {

void CatchSignals();
bool StopAsked();
ExitCode StopExitCode();  // kInterrupted or kTerminated, by the signal that came

}  // namespace moebench
