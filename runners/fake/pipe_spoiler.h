// How the fake engine reaches the pipe that the protocol travels on, which an engine must not.
#pragma once

#include "runners/fake/fake_script.h"

namespace moebench {

class PipeSpoiler {
 public:
  virtual ~PipeSpoiler() = default;
  // The next answer is spoilt as misdeed.act says.
  virtual void SpoilNextAnswer(const FakeMisdeed& misdeed) = 0;
  // From now on nothing reaches the parent, heartbeats included.
  virtual void Silence() = 0;
};

}  // namespace moebench
