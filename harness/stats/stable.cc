#include "harness/stats/stable.h"

#include <algorithm>
#include <set>

namespace moebench {

bool EnoughStable(std::span<const TrialSeen> trials) {
  constexpr size_t kTrials = 3, kSessions = 2;
  std::set<int64_t> sessions, stable_sessions;
  size_t stable = 0;
  for (const TrialSeen& trial : trials) {
    sessions.insert(trial.session);
    if (!trial.stable) continue;
    ++stable;
    stable_sessions.insert(trial.session);
  }
  return stable > 0 && stable >= std::min(kTrials, trials.size()) &&
         stable_sessions.size() >= std::min(kSessions, sessions.size());
}

}  // namespace moebench
