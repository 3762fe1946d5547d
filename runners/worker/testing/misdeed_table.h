// Every scripted misbehaviour of the fake worker, and how it must be named.
//   RunMisdeeds(3);  // reports through gtest
#pragma once

namespace moebench {

// Each misdeed `repeats` times, each followed by a worker that must work.
void RunMisdeeds(int repeats);

}  // namespace moebench
