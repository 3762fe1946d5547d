// Carries out the misdeeds of a script at the moment they are due.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runners/fake/fake_script.h"
#include "runners/fake/pipe_spoiler.h"

namespace moebench {

// What is asked of the fake, as far as misdeeds look at it.
struct FakeRequest {
  std::string name;  // generate
  int k = 0;
  std::string prompt;
};

class Misdeeds {
 public:
  // spoiler may be null: then misdeeds on the pipe throw Error.
  Misdeeds(std::vector<FakeMisdeed> misdeeds, PipeSpoiler* spoiler);

  void set_session(int64_t session) { session_ = session; }
  // Counts the request, does what is due at once (this may end the process, hang or throw Error),
  // arms what spoils the answer, and returns the misdeeds that falsify numbers.
  std::vector<FakeMisdeed> Do(const FakeRequest& request);

 private:
  bool IsDue(const FakeMisdeed& misdeed, const FakeRequest& request, int64_t nth) const;
  void Act(const FakeMisdeed& misdeed);

  std::vector<FakeMisdeed> misdeeds_;
  PipeSpoiler* spoiler_;
  int64_t session_ = 0;
  std::map<std::string, int64_t> counts_;  // requests so far, by name
};

}  // namespace moebench
