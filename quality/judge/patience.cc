#include "quality/judge/patience.h"

#include <algorithm>
#include <array>

namespace moebench {
namespace {

bool MayPass(int status) {
  constexpr std::array kPassing = {0, 408, 429, 500, 502, 503, 504, 529};
  return std::find(kPassing.begin(), kPassing.end(), status) != kPassing.end();
}

}  // namespace

PatientReply AskPatiently(const std::function<HttpReply()>& ask, const Patience& patience,
                          const std::function<void(double seconds)>& wait) {
  double wait_s = patience.first_wait_s;
  for (int requests = 1;; ++requests) {
    HttpReply reply = ask();
    const double asked_s = reply.retry_after_s.value_or(wait_s);
    if (!MayPass(reply.status) || requests >= patience.attempts ||
        asked_s > patience.longest_wait_s) {
      return {std::move(reply), requests};
    }
    wait(asked_s);
    wait_s *= 2;
  }
}

}  // namespace moebench
